//! SigmaHQ's regression data: `info.yml` with recordings and the number of events that a rule matches.

use super::super::model::{Case, Count, Part};
use super::super::reader::Reader;
use super::parts::{counted, given, local_file, name, simple};
use crate::yaml::Node;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// Whether a file is an `info.yml` with regression tests.
pub fn is_regression(path: &Path) -> bool {
    let named = path.file_name().is_some_and(|name| name == "info.yml" || name == "info.yaml");
    let has_tests = |text: String| text.lines().any(|line| line.starts_with("regression_tests_info:"));
    named && std::fs::read_to_string(path).is_ok_and(has_tests)
}

/// The tests of the file.
pub(super) fn cases(reader: &mut Reader, tests: &Node) -> Vec<Case> {
    let items = reader.items(tests).to_vec();
    items.iter().enumerate().filter_map(|(index, node)| case(reader, node, index)).collect()
}

fn case(reader: &mut Reader, node: &Node, index: usize) -> Option<Case> {
    let name = name(node, "name", index);
    let Some(path) = node.get("path") else {
        reader.problem(node.place, "the test has no file; add 'path'", None);
        return None;
    };
    // the repository has each recording as events and as JSON
    let path = local_file(reader, path, &["evtx", "json", "ndjson"])?;
    let count = match node.get("match_count") {
        None => Count::at_least(1),
        Some(count) => match count.text().and_then(|text| text.parse().ok()) {
            Some(count) => Count::exactly(count),
            None => {
                reader.problem(count.place, "'match_count' is not a number", None);
                return None;
            }
        },
    };
    let place = node.get("match_count").map_or(node.place, |node| node.place);
    Some(simple(name, vec![given(node, vec![Part::File(path)])], Some(counted(count, place))))
}

/// The rule of an `info.yml` that names none: the only query beside it, or the file at the same place under the folder above
/// `regression_data`.
pub fn rule_of_regression(info: &Path) -> Option<PathBuf> {
    let folder = info.parent()?;
    let is_query = |path: &PathBuf| path.extension().is_some_and(|e| e == "kql" || e == "csl");
    let entries = std::fs::read_dir(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }).ok()?;
    let mut beside = entries.filter_map(Result::ok).map(|entry| folder.join(entry.file_name())).filter(is_query);
    if let (Some(one), None) = (beside.next(), beside.next()) {
        return Some(one);
    }
    let is_data = |part: &Component| part.as_os_str() == OsStr::new("regression_data");
    let mirrored: PathBuf = folder.components().filter(|part| !is_data(part)).collect();
    ["kql", "csl", "yaml", "yml"].into_iter().map(|e| mirrored.with_extension(e)).find(|path| path.is_file())
}
