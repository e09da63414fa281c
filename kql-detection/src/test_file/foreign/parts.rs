//! Parts of tests that several forms have.

use super::super::model::{Case, Count, Expect, Expected, Given, Part};
use super::super::reader::Reader;
use crate::problem::{Place, Placed};
use crate::yaml::Node;
use std::path::{Path, PathBuf};

/// The name of a table that the test leaves open.
pub(super) const OPEN: &str = "";

/// A test that has only rows and an expectation.
pub(super) fn simple(name: Placed<String>, given: Vec<Given>, expect: Option<Expect>) -> Case {
    Case { name, now: None, params: Vec::new(), given, expect, each: None }
}

/// A test that counts rows.
pub(super) fn counted(count: Count, place: Place) -> Expect {
    Expect { place, result: None, all: vec![Expected::Count(count, place)] }
}

/// The name of a test, which `key` states.
pub(super) fn name(node: &Node, key: &str, index: usize) -> Placed<String> {
    let stated = node.get(key).and_then(Node::placed_text).filter(|name| !name.value.is_empty());
    stated.unwrap_or_else(|| Placed { value: format!("test {}", index + 1), place: node.place })
}

/// Rows of the table that the key `table` names. Without it, it is the one that the query reads.
pub(super) fn given(node: &Node, parts: Vec<Part>) -> Given {
    let open = || Placed { value: OPEN.to_owned(), place: node.place };
    Given { table: node.get("table").and_then(Node::placed_text).unwrap_or_else(open), parts }
}

/// A local file. These tools write paths from the root of a repository, so the folders above are tried, too.
pub(super) fn local_file(reader: &mut Reader, node: &Node, others: &[&str]) -> Option<Placed<PathBuf>> {
    let text = reader.text(node, "the path of a file")?;
    if text.value.contains("://") {
        let help = "save it beside the test file, and name that file".to_owned();
        reader.problem(text.place, format!("{} is not a local file", text.value), Some(help));
        return None;
    }
    let folder = reader.source.file.parent().unwrap_or(Path::new("")).to_owned();
    let written = Path::new(&text.value);
    let near = written.file_name().map(|name| folder.join(name));
    let above = folder.ancestors().map(|folder| folder.join(written));
    let mut candidates: Vec<PathBuf> = above.chain(near).collect();
    for other in others {
        let more: Vec<PathBuf> = candidates.iter().map(|path| path.with_extension(other)).collect();
        candidates.extend(more);
    }
    let found = candidates.into_iter().find(|path| path.is_file());
    if found.is_none() {
        let help = "a path starts at the folder of the test file or at one above it".to_owned();
        reader.problem(text.place, format!("the file {} does not exist", text.value), Some(help));
    }
    Some(Placed { value: found?, place: text.place })
}
