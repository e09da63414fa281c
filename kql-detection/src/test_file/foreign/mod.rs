//! Tests in the forms of other tools, read as tests of ours: detkit, Panther, contentctl, the regression data of SigmaHQ,
//! and Markdown pages with queries and their results.

mod attack_data;
mod events;
mod page;
mod page_table;
mod parts;
mod regression;

pub use page::{blocks, read_page};
pub(super) use regression::{is_regression, rule_of_regression};

use self::parts::OPEN;
use super::model::{Case, TestFile};
use super::reader::Reader;
use crate::problem::Problem;
use crate::yaml::Node;

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
