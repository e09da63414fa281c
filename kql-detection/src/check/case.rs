//! Runs a test.

use super::losses::losses;
use super::table::{Fixtures, Tables, TestTable};
use super::time::{declared_parameters, depends_on_time, let_value};
use super::value::Values;
use super::verdict::Outcome;
use crate::problem::{Place, Placed, Problem, Source};
use crate::rule::Rule;
use crate::test_file::{Case, Given, Part, TestFile};
use crate::yaml::Node;
use kql_engine::{CancellationToken, Engine, Error, Follow, Table, TraceOptions, Traced};
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
        let query = with_values(&rule.query.text, file, case, source)?;
        let declared = declared_parameters(&query);
        for (name, value) in params(file, case) {
            if declared.contains(&name.value) {
                builder = builder.parameter(&name.value, value.text().unwrap_or_default());
            }
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
                Target::External(address) => builder = external(builder, source, given, &address)?,
                target => tables.push((given, target)),
            }
        }
        for (_, target) in &tables {
            if let Target::Function(name, table) = target {
                builder = builder.function(name, "()", &format!("['{table}']"));
            }
        }
        let engine = builder.build().map_err(|error| vec![source.whole(error.to_string())])?;
        let values = Values::new(&engine);
        let maker = Tables { engine: &engine, values: &values, fixtures, source, defaults: &file.settings.defaults };
        let (mut made, mut problems) = (Vec::new(), Vec::new());
        for (given, target) in &tables {
            match with_columns(&maker, file, given, target.table()) {
                Ok(table) => made.push(table),
                Err(mut found) => problems.append(&mut found),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let now = now.and_then(|now| kql_parser::time::parse_datetime(&now.value));
        let ready = with_tables(&engine, &made, source)?;
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
        let query = with_values(text, self.file, self.case, self.source).ok()?;
        Some(CaseRun { query, quick: true, ..self.clone() })
    }

    /// Whether the test fails, or cannot run.
    pub fn fails(&self) -> bool {
        if self.case.each.is_some() {
            return self.each().iter().any(|(_, _, outcome, _)| !matches!(outcome, Outcome::Passed));
        }
        !matches!(self.check(false, &mut Vec::new()), Outcome::Passed)
    }

    /// An engine with these tables.
    pub(super) fn engine_with(&self, tables: &[TestTable]) -> Result<Engine, Vec<Problem>> {
        with_tables(&self.engine, tables, self.source)
    }

    /// The text of the query, with the values of its parameters.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// The last result of the query.
    pub(super) fn answer(&self, engine: &Engine) -> Result<Table, Vec<Problem>> {
        self.result(engine.query(&self.query).map(|answer| answer.tables))
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

/// The parameters of a test: its own, and those of the file that it does not have.
fn params<'f>(file: &'f TestFile, case: &'f Case) -> impl Iterator<Item = &'f (Placed<String>, Node)> {
    let own = |name: &str| case.params.iter().any(|(own, _)| own.value == name);
    let shared = file.settings.params.iter().filter(move |(name, _)| !own(&name.value));
    case.params.iter().chain(shared)
}

/// The query with the values that a test gives for scalars of `let`.
fn with_values(query: &str, file: &TestFile, case: &Case, source: &Source) -> Result<String, Vec<Problem>> {
    let mut text = query.to_owned();
    if params(file, case).next().is_none() {
        return Ok(text);
    }
    let declared = declared_parameters(query);
    for (name, value) in params(file, case) {
        if declared.contains(&name.value) {
            continue;
        }
        let Some(at) = let_value(&text, &name.value) else {
            let message = format!("the query has no parameter and no scalar let '{}'", name.value);
            return Err(vec![source.problem(name.place, message, None)]);
        };
        text.replace_range(at.start as usize..at.end as usize, &literal(value, at.text(&text)));
    }
    Ok(text)
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

/// What a key of `tables` stands for.
enum Target {
    /// A table.
    Table(String),
    /// A saved function, and the table with its rows.
    Function(String, String),
    /// External data with this address.
    External(String),
}

impl Target {
    fn table(&self) -> &str {
        match self {
            Target::Table(name) | Target::Function(_, name) | Target::External(name) => name,
        }
    }
}

fn target(engine: &Engine, given: &Given) -> Target {
    let name = given.table.value.as_str();
    if name.contains("://") {
        return Target::External(name.to_owned());
    }
    let watchlist = name.strip_prefix("_GetWatchlist(").and_then(|rest| rest.strip_suffix(')'));
    if let Some(alias) = watchlist {
        return Target::Table(alias.trim().trim_matches(['\'', '"']).to_owned());
    }
    if let Some(function) = name.strip_suffix("()") {
        return Target::Function(function.to_owned(), format!("rows of {function}"));
    }
    if engine.has_function(name) {
        return Target::Function(name.to_owned(), format!("rows of {name}"));
    }
    Target::Table(name.to_owned())
}

fn external(
    builder: kql_engine::EngineBuilder,
    source: &Source,
    given: &Given,
    address: &str,
) -> Result<kql_engine::EngineBuilder, Vec<Problem>> {
    match given.parts.as_slice() {
        [Part::File(path)] => Ok(builder.external(address, path.value.clone())),
        _ => {
            let help = Some("write 'ADDRESS: path/of/the/file'".to_owned());
            Err(vec![source.problem(given.table.place, "external data is one file", help)])
        }
    }
}

/// A value of a parameter as it is written in the query; quotes are added if the value that it replaces has them.
fn literal(value: &Node, replaced: &str) -> String {
    let text = value.text().unwrap_or_default();
    let is_text = replaced.trim_start().starts_with(['"', '\'', '@']);
    if is_text { serde_json::Value::String(text.to_owned()).to_string() } else { text.to_owned() }
}

/// A table of a test. If it has no rows and no schema knows it, its columns are those of the table that it replaces.
fn with_columns(maker: &Tables, file: &TestFile, given: &Given, name: &str) -> Result<TestTable, Vec<Problem>> {
    let table = maker.table(name, &[given])?;
    if !table.schema.columns.is_empty() {
        return Ok(table);
    }
    let replaced = file.settings.tables.iter().find(|shared| shared.table.value == given.table.value);
    let columns = replaced.map(|shared| maker.table(name, &[shared])).transpose()?;
    match columns.filter(|table| !table.schema.columns.is_empty()) {
        Some(table) => super::table::with_rows(&table, &vec![false; table.rows.len()])
            .map_err(|reason| vec![maker.source.problem(given.table.place, reason, None)]),
        None => {
            let message = format!("the columns of {} are not known: it has no rows, and no schema", given.table.value);
            let help = Some("give it a row, or name its columns in 'defaults'".to_owned());
            Err(vec![maker.source.problem(given.table.place, message, help)])
        }
    }
}
