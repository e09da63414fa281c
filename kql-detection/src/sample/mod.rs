//! A test file to start from: rows that a rule finds, and near misses, made from the rule's own conditions.

mod operators;
mod write;

use crate::check::{Outcome, first_fault, line};
use crate::problem::Problem;
use crate::rule::Rule;
use crate::test_file::read_tests;
use kql_engine::{Engine, Error, NearMiss, Sample, SampleRow, Unsupported};
use kql_parser::Span;
use operators::{named, unsolved};
use std::collections::BTreeMap;
use std::path::Path;
use write::{Table, TestText};

/// How many ways through a query are tried.
const ATTEMPTS: usize = 24;

/// The most near misses of a test file.
const MOST_MISSES: usize = 40;

/// The most legs of a union that each have a test.
const MOST_LEGS: usize = 8;

/// Tests that were made for a rule. Each of them has run and passes.
#[derive(Clone, Debug)]
pub struct SampleTests {
    /// The text of the test file.
    pub text: String,
    /// How many rows the hits have.
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
    /// No rows can be made; why, and the line of the rule's file, if it is known.
    #[error("{}{why}", at_line(.line))]
    Unsupported {
        /// The line, from 1.
        line: Option<usize>,
        /// Why.
        why: Unsupported,
    },
    /// No rows can be made through an operator.
    #[error("line {line}: no row can be made through the operator {name}")]
    Operator {
        /// The line, from 1.
        line: usize,
        /// The operator.
        name: &'static str,
    },
    /// The query reads no table.
    #[error("the query reads no table, so that there are no rows to make")]
    NoTable,
    /// Rows were made, but the query does not run.
    #[error("rows were made, but the query does not run: {0}")]
    Run(String),
    /// Rows were made, but the query does not find them; how often.
    #[error("rows were made in {0} ways, and the query finds none of them")]
    NotFound(usize),
}

fn at_line(line: &Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!("line {line}: "))
}

/// Makes tests for a rule: rows that its query finds, and rows that differ from them in one cell and that it does not find.
/// The engine has a fixed time, and what the query names; its data is not used. `rule_path` is how the test file names the
/// rule. Blocks.
///
/// # Errors
/// [`SampleError`]
pub fn sample(engine: &Engine, rule: &Rule, rule_path: &Path, now: &str) -> Result<SampleTests, SampleError> {
    let tests = Tests { engine, rule, rule_path, now };
    let mut failed = Failed::default();
    let mut found: Vec<Sample> = Vec::new();
    let (mut legs, mut is_empty) = (1, true);
    for attempt in 0..ATTEMPTS {
        let made = match engine.sample(&rule.query.text, attempt).map_err(SampleError::Query)? {
            Ok(made) => made,
            Err(reason) => {
                is_empty = false;
                failed.why.get_or_insert(reason);
                continue;
            }
        };
        if made.rows.is_empty() {
            continue;
        }
        is_empty = false;
        legs = made.leg.map_or(1, |(_, legs)| legs);
        // one sample for each leg of a union
        if found.iter().any(|other| other.leg == made.leg) {
            continue;
        }
        if tests.finds(&made, &mut failed) {
            found.push(made);
        }
        if found.len() >= legs || (legs > MOST_LEGS && !found.is_empty()) {
            break;
        }
    }
    if let Some((first, others)) = found.split_first() {
        return Ok(tests.written(first, others, if legs > MOST_LEGS { 1 } else { legs }));
    }
    Err(if is_empty { SampleError::NoTable } else { failed.error(rule) })
}

/// Why attempts failed.
#[derive(Default)]
struct Failed {
    why: Option<Unsupported>,
    refused: Option<String>,
    found_nothing: usize,
}

impl Failed {
    fn error(self, rule: &Rule) -> SampleError {
        let text = &rule.query.text;
        let at = |span: Span| line_of(rule, span);
        if self.found_nothing == 0
            && let Some(refused) = self.refused
        {
            return SampleError::Run(refused);
        }
        // its conditions are not those of single rows, so that what they ask for says little
        if let Some((name, span)) = unsolved(text) {
            return SampleError::Operator { line: at(span), name };
        }
        match self.why {
            Some(why) if self.found_nothing == 0 => {
                let of_function = match &why {
                    Unsupported::Function(name) => named(text, name),
                    _ => None,
                };
                SampleError::Unsupported { line: why.span().or(of_function).map(at), why }
            }
            _ => SampleError::NotFound(self.found_nothing),
        }
    }
}

/// The line of the rule's file, from 1, of a place in its query.
fn line_of(rule: &Rule, span: Span) -> usize {
    line(&rule.query.text, span.start) + rule.query.first_line - 1
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
    /// Whether the query finds the rows; if not, `failed` says why.
    fn finds(&self, made: &Sample, failed: &mut Failed) -> bool {
        match self.outcome(&TestText::hit("hit", &made.rows, self.now)) {
            Outcome::Passed => return true,
            Outcome::Failed(_) => failed.found_nothing += 1,
            Outcome::Refused(problems) => {
                let why = |problem: &Problem| match &problem.help {
                    Some(help) => format!("{} ({help})", problem.message),
                    None => problem.message.clone(),
                };
                failed.refused = failed.refused.take().or_else(|| problems.first().map(why));
            }
        }
        false
    }

    /// The test file: the hit and its near misses, and those of the other legs of a union.
    fn written(&self, first: &Sample, others: &[Sample], legs: usize) -> SampleTests {
        let misses = self.misses(&first.rows, &first.misses);
        let mut file = TestText::all(&first.rows, &misses, self.now);
        let mut made = SampleTests { text: String::new(), rows: first.rows.len(), misses: misses.len() };
        if !self.pass(&file) {
            (file, made.misses) = (TestText::hit("hit", &first.rows, self.now), 0);
        }
        let mut names: Vec<String> = misses.into_iter().map(|miss| miss.name).collect();
        let number = |sample: &Sample| sample.leg.map_or(0, |(leg, _)| leg) + 1;
        let mut others: Vec<&Sample> = others.iter().collect();
        others.sort_by_key(|sample| number(sample));
        for sample in &others {
            let mut misses = self.misses(&sample.rows, &sample.misses);
            // conditions below the union are those of all legs
            misses.retain(|miss| !names.contains(&miss.name));
            names.extend(misses.iter().map(|miss| miss.name.clone()));
            file.add(&format!("hit, leg {}", number(sample)), &sample.rows, &misses);
            made.rows += sample.rows.len();
            made.misses += misses.len();
        }
        let with_rows: Vec<usize> = others.iter().map(|sample| number(sample)).chain([number(first)]).collect();
        for leg in (1..=legs).filter(|leg| legs > 1 && !with_rows.contains(leg)) {
            file.comment(&format!("leg {leg} of {legs} of the union has no rows: none were made that the query finds"));
        }
        made.text = self.named(&file);
        made
    }

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
            let name = match condition.contains(char::is_alphanumeric) {
                true => {
                    format!(
                        "line {}: not {}",
                        line_of(self.rule, miss.span),
                        condition.chars().take(100).collect::<String>()
                    )
                }
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
