//! Tests in the forms of other tools, read as tests of ours: detkit, Panther, contentctl, the regression data of SigmaHQ,
//! and Markdown pages with queries and their results.

mod attack_data;
mod events;
mod page;
mod page_table;
mod regression;

pub use page::{blocks, read_page};
pub(super) use regression::{is_regression, rule_of_regression};

use super::model::{Case, Expect, Expected, Given, Part, TestFile};
use super::read::Reader;
use crate::problem::{Place, Placed, Problem};
use crate::yaml::Node;
use std::path::{Path, PathBuf};

/// The name of a table that the test leaves open.
const OPEN: &str = "";

/// The tests of a file in the form of Panther or of SigmaHQ's regression data; `None` if it is in another form.
pub(super) fn cases(reader: &mut Reader, document: &Node) -> Option<Vec<Case>> {
    if let Some(tests) = document.get("Tests") {
        return Some(events::panther(reader, tests));
    }
    document.get("regression_tests_info").map(|tests| regression::cases(reader, tests))
}

/// A test in the form of detkit or contentctl; `None` if it is in another form.
pub(super) fn case(reader: &mut Reader, node: &Node, index: usize) -> Option<Option<Case>> {
    if node.get("event").is_some() {
        return Some(events::detkit(reader, node, index));
    }
    node.get("attack_data").map(|data| attack_data::case(reader, node, data, index))
}

/// A test that has only rows and an expectation.
fn simple(name: Placed<String>, given: Vec<Given>, expect: Option<Expect>) -> Case {
    Case { name, now: None, params: Vec::new(), given, expect, each: None }
}

fn counted(count: super::model::Count, place: Place) -> Expect {
    Expect { place, all: vec![Expected::Count(count, place)] }
}

/// The name of a test, which `key` states.
fn name(node: &Node, key: &str, index: usize) -> Placed<String> {
    let stated = node.get(key).and_then(Node::placed_text).filter(|name| !name.value.is_empty());
    stated.unwrap_or_else(|| Placed { value: format!("test {}", index + 1), place: node.place })
}

/// Rows of the table that the key `table` names. Without it, it is the one that the query reads.
fn given(node: &Node, parts: Vec<Part>) -> Given {
    let open = || Placed { value: OPEN.to_owned(), place: node.place };
    Given { table: node.get("table").and_then(Node::placed_text).unwrap_or_else(open), parts }
}

/// A local file. These tools write paths from the root of a repository, so the folders above are tried, too.
fn local_file(reader: &mut Reader, node: &Node, others: &[&str]) -> Option<Placed<PathBuf>> {
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

impl TestFile {
    /// Whether a test leaves open to which table its rows belong.
    pub(crate) fn has_open_tables(&self) -> bool {
        self.cases.iter().flat_map(|case| &case.given).any(|given| given.table.value == OPEN)
    }

    /// Gives rows without a table to the one that the query reads.
    ///
    /// # Errors
    /// The query reads several tables, or none.
    pub(crate) fn name_open_tables(&mut self, read: &[String]) -> Result<(), Vec<Problem>> {
        let stated: Vec<&str> = self.settings.tables.iter().map(|given| given.table.value.as_str()).collect();
        let left: Vec<&String> = read.iter().filter(|name| !stated.contains(&name.as_str())).collect();
        let source = self.source.clone();
        let mut problems = Vec::new();
        for given in self.cases.iter_mut().flat_map(|case| &mut case.given).filter(|given| given.table.value == OPEN) {
            match left.as_slice() {
                [one] => given.table.value = (*one).clone(),
                [] => {
                    let help = Some("add 'table: NAME' to the test".to_owned());
                    problems.push(source.problem(given.table.place, "the query does not read a table", help));
                }
                several => {
                    let names = several.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
                    let help = Some(format!("add 'table: NAME' to the test; the query reads {names}"));
                    let message = "the test does not say to which table its rows belong";
                    problems.push(source.problem(given.table.place, message, help));
                }
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}
