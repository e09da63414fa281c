//! The folder of a hunt: its reports, and a file of rows for each rule that hit.

use crate::failure::Failure;
use arrow::array::RecordBatch;
use kql_detection::Rule;
use kql_detection::hunt::{self, HuntOutcome, RowSink};
use kql_engine::{Table, TableSchema};
use kql_output::{Format, Options};
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The longest file name made of a rule's name, in characters.
const LONGEST: usize = 80;

/// The folder.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Creates the folder, if it is not there. What an earlier hunt wrote to it is removed.
    pub fn create(path: &Path) -> Result<Folder, Failure> {
        let failed =
            |e: std::io::Error| Failure::Usage(format!("The folder {} cannot be written: {e}", path.display()));
        let rows = path.join("rows");
        std::fs::create_dir_all(&rows).map_err(failed)?;
        for entry in std::fs::read_dir(&rows).map_err(failed)? {
            let entry = entry.map_err(failed)?.path();
            if entry.extension().is_some_and(|extension| extension == "ndjson") {
                std::fs::remove_file(entry).map_err(failed)?;
            }
        }
        Ok(Folder { path: path.to_owned() })
    }

    /// The file of the rows of a rule; `at` is its place among the rules.
    pub fn rows(&self, at: usize, rule: &Rule) -> std::io::Result<Rows> {
        let name = file_name(&rule.name);
        let path = self.path.join("rows").join(format!("{:05}-{name}.ndjson", at + 1));
        Ok(Rows { out: BufWriter::new(File::create(&path)?), path, finished: false })
    }

    /// Writes the reports.
    pub fn reports(&self, outcome: &HuntOutcome) -> Result<(), Failure> {
        self.write("report.json", &format!("{:#}\n", hunt::object(outcome)))?;
        self.write("report.html", &hunt::page(outcome))
    }

    /// Writes a file of the folder.
    pub fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.path.join(name);
        std::fs::write(&path, text).map_err(|e| Failure::Query(format!("{} cannot be written: {e}", path.display())))
    }
}

/// A name that every file system takes.
fn file_name(rule: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    let mut name: String = rule.chars().map(safe).take(LONGEST).collect();
    // a file name has at most 255 bytes
    while name.len() > 200 {
        name.pop();
    }
    name
}

/// The file of a rule's rows; it is removed unless it is finished.
pub struct Rows {
    out: BufWriter<File>,
    path: PathBuf,
    finished: bool,
}

impl RowSink for Rows {
    fn rows(&mut self, schema: &TableSchema, batch: &RecordBatch) -> std::io::Result<()> {
        let table = Table { name: String::new(), schema: schema.clone(), batches: vec![batch.clone()], render: None };
        kql_output::write([table.into()], Format::Ndjson, &mut self.out, &Options::default())
            .map(drop)
            .map_err(std::io::Error::other)
    }

    fn start_again(&mut self) -> std::io::Result<()> {
        self.out.flush()?;
        self.out.get_mut().set_len(0)?;
        self.out.seek(SeekFrom::Start(0)).map(drop)
    }

    fn finish(&mut self) -> std::io::Result<()> {
        self.finished = true;
        self.out.flush()
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        if !self.finished {
            // rows of a rule that failed are not its result
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
