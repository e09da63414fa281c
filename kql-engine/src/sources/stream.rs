//! The partitions of a scan of text and Arrow files: each reads its parts one after the other.

use super::batches;
use super::document::DocumentReader;
use super::input::AsOpened;
use super::records::{RecordReader, Wrapping};
use super::report::{CastFailures, InputReport};
use super::row_filter::RowFilter;
use super::rows::Mapping;
use super::sink::{RowReader, Sink};
use super::splits::FileSplits;
use crate::error::SourceError;
use crate::progress::Progress;
use crate::scan_exec::StreamSource;
use crate::types::Column;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(test)]
type OpenRows = dyn Fn() -> Result<Box<dyn RowReader>, SourceError> + Send + Sync;

/// A part of a file to read.
#[derive(Clone)]
pub(super) struct Part {
    /// The approximate number of bytes.
    pub bytes: u64,
    pub of: AsOpened,
    pub mapping: Arc<Mapping>,
    pub content: PartContent,
}

/// How a part is read.
#[derive(Clone)]
pub(super) enum PartContent {
    /// A split of a text file.
    Split(Arc<FileSplits>, usize),
    /// A JSON document, after its byte-order mark.
    Document(u64),
    /// Records that are unwrapped.
    Records(Arc<Wrapping>),
    /// A file of batches.
    Batches,
    #[cfg(test)]
    Test(Arc<OpenRows>),
}

impl Part {
    /// A reader of rows; `None` for batches.
    fn open(&self) -> Result<Option<Box<dyn RowReader>>, SourceError> {
        let mapping = self.mapping.clone();
        Ok(Some(match &self.content {
            PartContent::Split(splits, split) => splits.open(*split, mapping)?,
            PartContent::Document(mark) => Box::new(DocumentReader::open(self.of.file.clone(), *mark, mapping)?),
            PartContent::Records(wrapping) => Box::new(RecordReader::open(self.of.file.clone(), wrapping, mapping)?),
            PartContent::Batches => return Ok(None),
            #[cfg(test)]
            PartContent::Test(open) => open()?,
        }))
    }
}

/// A partition of a scan.
pub(super) struct TextScan {
    pub parts: Vec<Part>,
    pub columns: Vec<Column>,
    schema: SchemaRef,
    pub filter: Option<RowFilter>,
    pub totals: Arc<Totals>,
    /// Whether the query was planned by another process, which may have had other files.
    copied: bool,
}

/// All partitions of a scan.
#[derive(Debug)]
pub(crate) struct TextScans(pub(super) Vec<Arc<TextScan>>);

impl StreamSource for TextScans {}

impl TextScans {
    /// The Arrow schema of the rows.
    pub(crate) fn schema(&self) -> SchemaRef {
        self.0.first().map_or_else(|| Arc::new(arrow::datatypes::Schema::empty()), |scan| scan.schema.clone())
    }

    /// The partitions as streams.
    pub(crate) fn streams(&self) -> Vec<Arc<dyn PartitionStream>> {
        self.0.iter().map(|scan| scan.clone() as _).collect()
    }
}

/// What the partitions of one scan share: the values that did not fit.
#[derive(Debug)]
pub(super) struct Totals {
    report: Arc<InputReport>,
    misfits: Mutex<CastFailures>,
    /// The number of the scan, if the query was planned by another process.
    pub scan: Option<u64>,
}

impl Totals {
    /// For a new scan.
    pub(super) fn new(report: Arc<InputReport>) -> Totals {
        Totals { report, misfits: Mutex::default(), scan: None }
    }

    /// For a scan of a query that was planned by another process.
    pub(super) fn of_other(scan: u64) -> Totals {
        Totals { report: Arc::default(), misfits: Mutex::default(), scan: Some(scan) }
    }

    /// All values of the scan that did not fit.
    pub(super) fn misfits(&self) -> CastFailures {
        self.misfits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds those of a part of the scan to the report.
    pub(super) fn add(&self, misfits: CastFailures) {
        if !misfits.is_empty() {
            let mut all = self.misfits.lock().unwrap_or_else(PoisonError::into_inner);
            all.merge(misfits);
            self.report.scanned(&all);
        }
    }
}

/// A partition must have at least this number of bytes.
const WORTH: u64 = 1 << 20;

impl TextScan {
    /// Distributes the parts, so that partitions contain consecutive parts of about the same size.
    pub(super) fn new(
        parts: Vec<Part>,
        columns: Vec<Column>,
        schema: SchemaRef,
        report: Arc<InputReport>,
        partitions: usize,
        filter: Option<RowFilter>,
    ) -> Vec<TextScan> {
        let totals = Arc::new(Totals::new(report));
        let bytes: u64 = parts.iter().map(|p| p.bytes).sum();
        let share = bytes.div_ceil(partitions.max(1) as u64).max(WORTH);
        let partition = |parts| TextScan::of(parts, &columns, &schema, filter.clone(), &totals);
        let mut all: Vec<TextScan> = Vec::new();
        let mut passed = 0;
        for part in parts {
            let size = part.bytes;
            match all.get_mut((passed / share) as usize) {
                Some(open) => open.parts.push(part),
                None => all.push(partition(vec![part])),
            }
            passed += size;
        }
        all
    }

    /// A partition with these parts.
    pub(super) fn of(
        parts: Vec<Part>,
        columns: &[Column],
        schema: &SchemaRef,
        filter: Option<RowFilter>,
        totals: &Arc<Totals>,
    ) -> TextScan {
        let (columns, schema, totals) = (columns.to_vec(), schema.clone(), totals.clone());
        let copied = totals.scan.is_some();
        TextScan { parts, columns, schema, filter, totals, copied }
    }
}

impl fmt::Debug for TextScan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TextScan({} parts)", self.parts.len())
    }
}

impl PartitionStream for TextScan {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let batch_size = context.session_config().batch_size();
        let running = Running {
            parts: self.parts.iter().cloned().collect(),
            sink: Sink::new(self.columns.clone(), self.schema.clone(), batch_size, self.filter.clone()),
            columns: self.columns.clone(),
            schema: self.schema.clone(),
            batch_size,
            current: Current::None,
            of: None,
            copied: self.copied,
            totals: self.totals.clone(),
            progress: context.session_config().get_extension(),
            passed: 0,
        };
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), futures::stream::iter(running)))
    }
}

/// A partition being read.
struct Running {
    parts: VecDeque<Part>,
    sink: Sink,
    columns: Vec<Column>,
    schema: SchemaRef,
    batch_size: usize,
    current: Current,
    /// The file of the current or last part.
    of: Option<AsOpened>,
    copied: bool,
    totals: Arc<Totals>,
    progress: Option<Arc<Progress>>,
    /// Bytes of parts that were begun and are not counted yet.
    passed: u64,
}

enum Current {
    None,
    Rows(Box<dyn RowReader>),
    Batches(Box<dyn Iterator<Item = batches::Scanned> + Send>),
}

impl Running {
    fn step(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            match &mut self.current {
                Current::Rows(reader) => {
                    if !reader.fill(&mut self.sink)? {
                        self.current = Current::None;
                    }
                    if self.sink.is_full() {
                        return self.sink.finish().map(Some);
                    }
                }
                Current::Batches(batches) => match batches.next() {
                    Some(batch) => {
                        let (batch, misfits) = batch?;
                        self.sink.misfits.merge(misfits);
                        return Ok(Some(batch));
                    }
                    None => self.current = Current::None,
                },
                Current::None => {
                    let external = |e: SourceError| DataFusionError::External(Box::new(e));
                    // a file that was truncated or overwritten while it was read must not look complete
                    if let Some(of) = self.of.take() {
                        of.check().map_err(external)?;
                    }
                    let Some(part) = self.parts.pop_front() else {
                        return if self.sink.is_empty() { Ok(None) } else { self.sink.finish().map(Some) };
                    };
                    if self.copied {
                        part.of.check_copy().map_err(external)?;
                    }
                    self.passed += part.bytes;
                    self.current = match part.open().map_err(external)? {
                        Some(rows) => Current::Rows(rows),
                        None => {
                            let (columns, schema) = (self.columns.clone(), self.schema.clone());
                            let batches = batches::scan(&part.of.file, &part.mapping, columns, schema, self.batch_size);
                            Current::Batches(Box::new(batches.map_err(external)?))
                        }
                    };
                    self.of = Some(part.of);
                }
            }
        }
    }
}

impl Iterator for Running {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step();
        if let (Some(progress), Ok(Some(batch))) = (&self.progress, &step) {
            progress.add(batch.num_rows() as u64, std::mem::take(&mut self.passed));
        }
        if step.is_err() {
            self.parts.clear();
            self.current = Current::None;
        }
        step.transpose()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // also if the reader of the stream stops early
        self.totals.add(std::mem::take(&mut self.sink.misfits));
    }
}

#[cfg(test)]
mod tests {
    use super::super::input::DataFile;
    use super::*;
    use futures::StreamExt;
    use std::io::Write;
    use std::path::Path;

    /// An event during the reading of a file; for tests.
    struct Happens(Arc<dyn Fn(&Path) + Send + Sync>, Arc<DataFile>);

    impl RowReader for Happens {
        fn fill(&mut self, _: &mut Sink) -> Result<bool> {
            (self.0)(&self.1.path);
            Ok(false)
        }
    }

    fn read(happens: impl Fn(&Path) + Send + Sync + 'static) -> Result<Vec<RecordBatch>> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("T.ndjson");
        std::fs::write(&path, "{\"a\":1}\n{\"a\":2}\n").expect("written");
        let file = Arc::new(
            crate::sources::sniff::data_file(&path, super::super::location::Location::Disk(path.clone()), None)
                .expect("a data file"),
        );
        let of = AsOpened { file: file.clone(), stamp: file.stamp().expect("there"), may_grow: true };
        let happens: Arc<dyn Fn(&Path) + Send + Sync> = Arc::new(happens);
        let open =
            move || -> Result<Box<dyn RowReader>, SourceError> { Ok(Box::new(Happens(happens.clone(), file.clone()))) };
        let part = Part { bytes: 16, of, mapping: Arc::default(), content: PartContent::Test(Arc::new(open)) };
        let schema = crate::types::TableSchema { columns: Vec::new() }.plain();
        let scans = TextScan::new(vec![part], Vec::new(), schema, Arc::default(), 1, None);
        let scan = scans.first().expect("a partition");
        futures::executor::block_on(async {
            scan.execute(Arc::default()).collect::<Vec<_>>().await.into_iter().collect()
        })
    }

    #[test]
    fn a_file_that_changes_while_it_is_read() {
        assert!(read(|_| {}).expect("unchanged").is_empty());
        let append = |path: &Path| {
            let mut file = std::fs::OpenOptions::new().append(true).open(path).expect("opened");
            file.write_all(b"{\"a\":3}\n").expect("written");
        };
        assert!(read(append).expect("only longer").is_empty());
        let cut = |path: &Path| std::fs::write(path, "{\"a\":1}\n").expect("written");
        let error = read(cut).expect_err("rows are lost").to_string();
        assert!(error.contains("the file changed after it was opened"), "{error}");
        let delete = |path: &Path| std::fs::remove_file(path).expect("removed");
        assert!(read(delete).is_err());
    }
}
