//! `kql test --watch`: which changes of files the tests depend on. A report that is written into the watched folder is none.

use crate::arguments::Test;
use kql_detection::{Session, TestPath, test_files};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The extensions of rules, and of their tests.
const RULES: [&str; 6] = ["yaml", "yml", "kql", "csl", "json", "md"];

/// The files that a run of tests has read.
#[derive(Default)]
pub struct Inputs {
    found: Vec<TestPath>,
    files: BTreeSet<PathBuf>,
    folders: Vec<PathBuf>,
    /// The texts of the test files: a file that one names may not be there yet.
    texts: Vec<String>,
}

impl Inputs {
    /// Those of these test files, and of the command line.
    pub fn of(arguments: &Test, session: &Session, found: &[TestPath]) -> Inputs {
        let environment = &arguments.environment;
        let data = environment.data.iter().map(|text| text.split_once('=').map_or(text.as_str(), |(_, path)| path));
        let files = found.iter().flat_map(|file| session.reads(file));
        Inputs {
            found: found.to_vec(),
            files: files.map(|path| real(&path)).collect(),
            folders: data
                .map(Path::new)
                .chain(environment.schemas.iter().map(PathBuf::as_path))
                .chain(environment.functions.iter().map(PathBuf::as_path))
                .map(real)
                .collect(),
            texts: found.iter().filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect(),
        }
    }

    /// Whether the tests depend on one of the files, or there are other test files now.
    pub fn concern(&self, arguments: &Test, changed: &[PathBuf]) -> bool {
        if changed.iter().any(|path| self.has(path)) {
            return true;
        }
        let now: Vec<TestPath> = arguments.paths.iter().flat_map(|path| test_files(path).unwrap_or_default()).collect();
        now.iter().any(|file| !self.found.contains(file)) || self.found.iter().any(|file| !now.contains(file))
    }

    fn has(&self, changed: &Path) -> bool {
        let path = real(changed);
        let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else { return false };
        let is_rule = path.extension().is_some_and(|e| RULES.iter().any(|rule| e.eq_ignore_ascii_case(rule)));
        // a rule that is not there yet has the name of its tests
        let beside = |test: &TestPath| {
            let test = real(test.path());
            is_rule && test.parent() == path.parent() && stem(&test) == stem(&path)
        };
        self.files.contains(&path)
            || self.folders.iter().any(|folder| path.starts_with(folder))
            || self.texts.iter().any(|text| text.contains(&name))
            || self.found.iter().any(beside)
    }
}

fn stem(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// A path by which a file is known, whether or not it is there.
fn real(path: &Path) -> PathBuf {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    match (folder.canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}
