//! Runs a test.

use super::compare::ResultRows;
use super::fixtures::Fixtures;
use super::losses::losses;
use super::params::Params;
use super::table::{Tables, TestTable};
use super::target::{Target, target};
use super::time::depends_on_time;
use super::value::Values;
use super::verdict::Outcome;
use crate::problem::{Place, Placed, Problem, Source};
use crate::rule::Rule;
use crate::test_file::{Case, Given, Part, TestFile};
use kql_engine::{CancellationToken, Engine, Error, Follow, Table, TraceOptions, Traced};
use kql_parser::bracketed_name;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::rc::Rc;

/// The most rows whose losses a failure shows.
const MOST_LOSSES: usize = 5;

/// A test that is ready to run.
#[derive(Clone)]
pub(super) struct CaseRun<'c> {
    pub(super) source: &'c Source,
    pub(super) rule: &'c Rule,
    pub(super) case: &'c Case,
    /// The query with the values of its parameters.
    pub(super) query: String,
    /// With everything but the tables.
    pub(super) engine: Engine,
    /// With the tables.
    pub(super) ready: Engine,
    /// With the rows of `hit` and `miss` in one table, too, once that was needed.
    pub(super) together: Rc<OnceCell<Option<Engine>>>,
    /// With one of these rows, for plans.
    pub(super) plans: Rc<OnceCell<Option<Engine>>>,
    /// Whether only the verdict matters, and not the reasons.
    pub(super) quick: bool,
    /// The time of the test, in ticks.
    pub(super) now: Option<i64>,
    pub(super) tables: Rc<Vec<TestTable>>,
    pub(super) file: &'c TestFile,
    pub(super) fixtures: &'c Fixtures,
}

impl<'c> CaseRun<'c> {
    /// Makes the tables of a test.
    pub fn prepare(
        file: &'c TestFile,
        rule: &'c Rule,
        case: &'c Case,
        base: &Engine,
        fixtures: &'c Fixtures,
    ) -> Result<CaseRun<'c>, Vec<Problem>> {
        let source = &file.source;
        let now = case.now.as_ref().or(file.settings.now.as_ref());
        if now.is_none()
            && let Some(at) = depends_on_time(&rule.query.text)
        {
            let line = super::losses::line(&rule.query.text, at.start) + rule.query.first_line - 1;
            let message = format!("the query depends on the time: line {line} has {}", at.text(&rule.query.text));
            let help = Some("add 'now: 2026-03-10T12:00:00Z' to the test file".to_owned());
            return Err(vec![source.problem(case.name.place, message, help)]);
        }
        let mut builder = base.derive();
        if let Some(now) = now {
            builder = builder.now(&now.value).map_err(|e| vec![source.problem(now.place, e.to_string(), None)])?;
        }
        let timed = builder.build().map_err(|error| vec![source.whole(error.to_string())])?;
        let params = Params { file, case, source };
        let mut builder = timed.derive();
        for (name, value) in params.declared(&rule.query.text, &timed)? {
            builder = builder.parameter(&name, &value);
        }
        // what a test gives replaces what the file gives
        let given = |name: &str| case.given.iter().any(|given| given.table.value == name);
        let shared = file.settings.tables.iter().filter(|table| !given(&table.table.value));
        let all: Vec<&Given> = case.given.iter().chain(shared).collect();
        let mut tables: Vec<(&Given, Target)> = Vec::new();
        for given in all {
            match target(base, given) {
                Target::External(address) if !rule.query.text.contains(&address) => {
                    let message = format!("the query does not read {address}");
                    return Err(vec![source.problem(given.table.place, message, None)]);
                }
                Target::External(address) => match given.parts.as_slice() {
                    // in the format that the query declares
                    [Part::File(path)] => builder = builder.external(&address, path.value.clone()),
                    _ => tables.push((given, Target::External(address))),
                },
                target => tables.push((given, target)),
            }
        }
        for (_, target) in &tables {
            if let Target::Function(name, table) = target {
                builder = builder.function(name, "()", &bracketed_name(table));
            }
        }
        let engine = builder.build().map_err(|error| vec![source.whole(error.to_string())])?;
        let values = Values::new(&engine);
        let maker = Tables { engine: &engine, values: &values, fixtures, file };
        let (mut made, mut problems) = (Vec::new(), Vec::new());
        for (given, target) in &tables {
            match with_columns(&maker, given, target.table()) {
                Ok(table) => made.push(table),
                Err(mut found) => problems.append(&mut found),
            }
        }
        made.extend(elsewhere(&maker, case, &made));
        if !problems.is_empty() {
            return Err(problems);
        }
        let now = now.and_then(|now| kql_parser::time::parse_datetime(&now.value));
        let ready = with_tables(&engine, &made, source)?;
        let query = params.with_values(&rule.query.text, &ready)?;
        let run = CaseRun {
            source,
            rule,
            case,
            query,
            engine,
            ready,
            together: Rc::default(),
            plans: Rc::default(),
            quick: false,
            now,
            tables: Rc::new(made),
            file,
            fixtures,
        };
        let unread = run.unread(base, &tables);
        if unread.is_empty() { Ok(run) } else { Err(unread) }
    }

    /// What the test gives and the query does not read. What the file gives to all tests may be for some of them only, so
    /// there it is a fault only if no schema knows the name.
    fn unread(&self, base: &Engine, tables: &[(&Given, Target)]) -> Vec<Problem> {
        // the data of a page belongs to all its queries
        if self.source.file.extension().is_some_and(|e| e.eq_ignore_ascii_case("md")) {
            return Vec::new();
        }
        let own = |given: &Given| self.case.given.iter().any(|one| one.table.value == given.table.value);
        let mut names: Vec<(&Placed<String>, String)> = Vec::new();
        for (given, target) in tables {
            let Target::Table(name) = target else { continue };
            if own(given) || *name != given.table.value || base.table_schema(name).is_none() {
                names.push((&given.table, name.clone()));
            }
        }
        names.extend(self.case.each.iter().map(|each| (&each.table, each.table.value.clone())));
        super::reads::unread(self.source, &self.ready, &self.query, &names)
    }

    /// The same test of another query, of which only the verdict matters.
    pub fn of_query(&self, text: &str) -> Option<CaseRun<'c>> {
        let params = Params { file: self.file, case: self.case, source: self.source };
        let query = params.with_values(text, &self.ready).ok()?;
        Some(CaseRun { query, quick: true, ..self.clone() })
    }

    /// Whether the test fails, or cannot run.
    pub fn fails(&self) -> bool {
        !matches!(self.first_fault(), Outcome::Passed)
    }

    /// The outcome, for a table of cases that of the first one that does not pass.
    pub fn first_fault(&self) -> Outcome {
        if self.case.each.is_none() {
            return self.check(false, &mut Vec::new());
        }
        let mut outcomes = self.each().into_iter().map(|(_, _, outcome, _)| outcome);
        outcomes.find(|outcome| !matches!(outcome, Outcome::Passed)).unwrap_or(Outcome::Passed)
    }

    /// An engine with these tables.
    pub(super) fn engine_with(&self, tables: &[TestTable]) -> Result<Engine, Vec<Problem>> {
        with_tables(&self.engine, tables, self.source)
    }

    /// The text of the query, with the values of its parameters.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// The place of the result that the test is about.
    fn place_of_result(&self, tables: &[Table]) -> Result<usize, Vec<Problem>> {
        let last = tables.len().saturating_sub(1);
        let Some(wanted) = self.case.expect.as_ref().and_then(|expect| expect.result.as_ref()) else { return Ok(last) };
        let numbered =
            wanted.value.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|at| *at < tables.len());
        numbered.or_else(|| tables.iter().position(|table| table.name == wanted.value)).ok_or_else(|| {
            let names = || tables.iter().map(|table| table.name.as_str());
            let help = match kql_parser::suggest(&wanted.value, names()) {
                Some(like) => format!("did you mean '{like}'?"),
                None => format!("its results are {}", names().collect::<Vec<_>>().join(", ")),
            };
            let message = format!("the query has no result '{}'", wanted.value);
            vec![self.source.problem(wanted.place, message, Some(help))]
        })
    }

    /// The result of the query that the test is about, and its rows.
    pub(super) fn answer(&self, engine: &Engine) -> Result<(Table, ResultRows), Vec<Problem>> {
        let prepared = engine.prepare(&self.query).map_err(|error| self.query_problems(error))?;
        let mut tables = prepared.run().map(|answer| answer.tables).map_err(|error| self.query_problems(error))?;
        let at = self.place_of_result(&tables)?;
        tables.truncate(at + 1);
        let table = self.result(Ok(tables))?;
        let order = prepared.orders().into_iter().nth(at).unwrap_or_default();
        let rows = ResultRows::of(&table, order);
        Ok((table, rows))
    }

    pub(super) fn result(&self, tables: Result<Vec<Table>, Error>) -> Result<Table, Vec<Problem>> {
        match tables {
            Ok(tables) => tables
                .into_iter()
                .next_back()
                .ok_or_else(|| vec![self.source.problem(self.case.name.place, "the query has no result", None)]),
            Err(error) => Err(self.query_problems(error)),
        }
    }

    /// An error of the query, at its place in the rule's file.
    pub(super) fn query_problems(&self, error: Error) -> Vec<Problem> {
        let Error::Query(found) = error else {
            return vec![self.source.problem(self.case.name.place, error.to_string(), None)];
        };
        let text = std::fs::read_to_string(&self.rule.file).unwrap_or_default();
        let rule = Source::new(&self.rule.file, &text);
        // after a parameter was set, places in the query are others
        let places = (self.query == self.rule.query.text).then(|| self.rule.query.places());
        found
            .iter()
            .filter(|d| d.is_error())
            .map(|d| {
                let place = places.as_ref().and_then(|places| {
                    Some(Place { start: places.place(d.span.start as usize)?, end: places.place(d.span.end as usize)? })
                });
                Problem { place, help: d.help.clone(), ..rule.whole(format!("{} {}", d.code, d.message)) }
            })
            .collect()
    }

    /// Where the rows of the given tables are lost, for those that are not in the result.
    pub(super) fn lost(&self) -> String {
        let mut out = String::new();
        if self.quick {
            return out;
        }
        let mut left = MOST_LOSSES;
        for table in self.tables.iter() {
            let Ok(traced) = self.traced(&self.tables, &table.name) else { continue };
            let kept: BTreeSet<i64> = traced.trace.sources.last().into_iter().flatten().flatten().copied().collect();
            for (number, row) in table.rows.iter().enumerate() {
                if left == 0 {
                    return out;
                }
                if kept.contains(&(number as i64)) {
                    continue;
                }
                let lines = self.lost_row(&traced, number as i64);
                if !lines.is_empty() {
                    out.push_str(&format!("{} of {} was left out by\n", row.name, table.name));
                    lines.iter().for_each(|line| out.push_str(&format!("  {line}\n")));
                    left -= 1;
                }
            }
        }
        out
    }

    pub(super) fn lost_row(&self, traced: &Traced, row: i64) -> Vec<String> {
        let offset = self.rule.query.first_line.saturating_sub(1);
        losses(&self.query, &traced.trace, row).iter().flat_map(|loss| loss.lines(offset)).collect()
    }

    pub(super) fn traced(&self, tables: &[TestTable], follow: &str) -> Result<Traced, Vec<Problem>> {
        let engine = self.engine_with(tables)?;
        let follow = Some(Follow { table: follow.to_owned(), rows: None });
        let options = TraceOptions { follow, ..TraceOptions::default() };
        engine.trace(&self.query, &options, &CancellationToken::new()).map_err(|error| self.query_problems(error))
    }
}

/// An engine with more tables.
fn with_tables(engine: &Engine, tables: &[TestTable], source: &Source) -> Result<Engine, Vec<Problem>> {
    let whole = |error: Error| vec![source.whole(error.to_string())];
    let mut builder = engine.derive();
    for table in tables {
        builder = builder.table(&table.name, vec![table.batch.clone()]).map_err(whole)?;
    }
    builder.build().map_err(whole)
}

/// The tables that only other tests of the file give, without rows: the query reads them here, too.
fn elsewhere(maker: &Tables, case: &Case, own: &[TestTable]) -> Vec<TestTable> {
    let mut tables: Vec<TestTable> = Vec::new();
    for given in maker.file.cases.iter().flat_map(|case| &case.given) {
        let Target::Table(name) = target(maker.engine, given) else { continue };
        let is_known = own.iter().chain(&tables).any(|table| table.name == name)
            || case.each.as_ref().is_some_and(|each| each.table.value == name)
            || maker.engine.table_schema(&name).is_some();
        if !is_known {
            tables.extend(maker.table(&name, &[]).ok().filter(|table| !table.schema.columns.is_empty()));
        }
    }
    tables
}

/// A table of a test.
fn with_columns(maker: &Tables, given: &Given, name: &str) -> Result<TestTable, Vec<Problem>> {
    let table = maker.table(name, &[given])?;
    if !table.schema.columns.is_empty() {
        return Ok(table);
    }
    let message = format!("the columns of {} are not known: it has no rows, and no schema", given.table.value);
    let help = Some("give it a row, or name its columns in 'defaults'".to_owned());
    Err(vec![maker.file.source.problem(given.table.place, message, help)])
}
