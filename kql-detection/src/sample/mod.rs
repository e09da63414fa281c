//! A test file to start from: rows that a rule finds, and near misses, made from the rule's own conditions.

mod write;

use crate::check::{Outcome, first_fault, line};
use crate::problem::Problem;
use crate::rule::Rule;
use crate::test_file::read_tests;
use kql_engine::{Engine, Error, NearMiss, SampleRow, Unsupported};
use std::collections::BTreeMap;
use std::path::Path;
use write::{Table, TestText};

/// How many ways through a query are tried.
const ATTEMPTS: usize = 24;

/// The most near misses of a test file.
const MOST_MISSES: usize = 40;

/// Tests that were made for a rule. Each of them has run and passes.
#[derive(Clone, Debug)]
pub struct SampleTests {
    /// The text of the test file.
    pub text: String,
    /// How many rows the hit has.
    pub rows: usize,
    /// How many near misses there are.
    pub misses: usize,
}

/// Why a rule has no tests.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The query does not bind.
    #[error("{0}")]
    Query(Error),
    /// No rows can be made.
    #[error("{0}")]
    Unsupported(Unsupported),
    /// Rows were made, but the query does not run.
    #[error("rows were made, but the query does not run: {0}")]
    Run(String),
    /// Rows were made, but the query does not find them; how often.
    #[error("rows were made in {0} ways, and the query finds none of them")]
    NotFound(usize),
}

/// Makes tests for a rule: rows that its query finds, and rows that differ from them in one cell and that it does not find.
/// The engine has a fixed time, and what the query names; its data is not used. `rule_path` is how the test file names the
/// rule. Blocks.
///
/// # Errors
/// [`SampleError`]
pub fn sample(engine: &Engine, rule: &Rule, rule_path: &Path, now: &str) -> Result<SampleTests, SampleError> {
    let mut why = None;
    let mut found_nothing = 0;
    let mut refused = None;
    for attempt in 0..ATTEMPTS {
        let made = match engine.sample(&rule.query.text, attempt).map_err(SampleError::Query)? {
            Ok(made) => made,
            Err(reason) => {
                why.get_or_insert(reason);
                continue;
            }
        };
        if made.rows.is_empty() {
            continue;
        }
        let tests = Tests { engine, rule, rule_path, now };
        let rows = &made.rows;
        let hit = TestText::hit(rows, now);
        match tests.outcome(&hit) {
            Outcome::Passed => {}
            Outcome::Failed(_) => {
                found_nothing += 1;
                continue;
            }
            Outcome::Refused(problems) => {
                let why = |problem: &Problem| match &problem.help {
                    Some(help) => format!("{} ({help})", problem.message),
                    None => problem.message.clone(),
                };
                refused = refused.or_else(|| problems.first().map(why));
                continue;
            }
        }
        let misses = tests.misses(rows, &made.misses);
        let file = TestText::all(rows, &misses, now);
        let text = if tests.pass(&file) { file } else { hit };
        return Ok(SampleTests { text: tests.named(&text), rows: rows.len(), misses: misses.len() });
    }
    match why {
        _ if found_nothing == 0 && refused.is_some() => Err(SampleError::Run(refused.unwrap_or_default())),
        Some(reason) if found_nothing == 0 => Err(SampleError::Unsupported(reason)),
        _ => Err(SampleError::NotFound(found_nothing)),
    }
}

struct Tests<'a> {
    engine: &'a Engine,
    rule: &'a Rule,
    rule_path: &'a Path,
    now: &'a str,
}

/// A near miss: the rows with one cell changed, and the condition that this makes false.
pub(crate) struct Miss {
    pub rows: Vec<SampleRow>,
    /// The row with the change.
    pub row: usize,
    /// What is changed.
    pub name: String,
}

impl Tests<'_> {
    fn pass(&self, tests: &TestText) -> bool {
        matches!(self.outcome(tests), Outcome::Passed)
    }

    /// The outcome of the first test that does not pass.
    fn outcome(&self, tests: &TestText) -> Outcome {
        let text = tests.text(None);
        match read_tests(&self.rule.file.with_extension("test.yaml"), &text) {
            Ok(file) => first_fault(&file, self.rule, self.engine),
            Err(problems) => Outcome::Refused(problems),
        }
    }

    /// The near misses that the query does not find, one for each condition and cell.
    fn misses(&self, rows: &[SampleRow], proposed: &[NearMiss]) -> Vec<Miss> {
        let mut found: Vec<Miss> = Vec::new();
        let mut seen = BTreeMap::new();
        for miss in proposed {
            if found.len() >= MOST_MISSES {
                break;
            }
            let Some(row) = rows.get(miss.row) else { continue };
            let key = (miss.row, miss.cell.column.clone(), miss.cell.value.to_string());
            if seen.insert(key, ()).is_some() {
                continue;
            }
            let mut changed = row.clone();
            changed.cells.retain(|cell| cell.column != miss.cell.column);
            changed.cells.push(miss.cell.clone());
            let mut all = rows.to_vec();
            if let Some(slot) = all.get_mut(miss.row) {
                *slot = changed;
            }
            let condition = miss.span.text(&self.rule.query.text);
            let condition: String = condition.split_whitespace().collect::<Vec<_>>().join(" ");
            let line = line(&self.rule.query.text, miss.span.start) + self.rule.query.first_line - 1;
            let name = match condition.contains(char::is_alphanumeric) {
                true => format!("line {line}: not {}", condition.chars().take(100).collect::<String>()),
                // a condition that stands nowhere in the text, such as that of a key
                false => format!("another value of {}", miss.cell.column),
            };
            let miss = Miss { rows: all, row: miss.row, name };
            if self.pass(&TestText::miss(&miss, self.now)) {
                found.push(miss);
            }
        }
        found
    }

    /// The text of a file that names its rule.
    fn named(&self, tests: &TestText) -> String {
        tests.text(Some(&self.rule_path.to_string_lossy()))
    }
}

/// The rows of each table.
pub(crate) fn by_table(rows: &[SampleRow]) -> Vec<Table<'_>> {
    let mut tables: Vec<Table> = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        match tables.iter_mut().find(|table| table.name == row.table) {
            Some(table) => table.rows.push((place, row)),
            None => tables.push(Table { name: &row.table, rows: vec![(place, row)] }),
        }
    }
    tables
}
