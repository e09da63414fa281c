//! Runs a test.

use super::alerts::{alerts, compared, entities, in_period};
use super::compare::{ResultRows, expected_rows, matching};
use super::losses::losses;
use super::table::{Fixtures, Tables, TestTable, joined};
use super::time::{declared_parameters, depends_on_time, let_value};
use super::value::Values;
use super::verdict::{Failure, Outcome};
use super::{differences, snapshot};
use crate::problem::{Place, Placed, Problem, Source};
use crate::rule::Rule;
use crate::test_file::{Case, Expected, Given, GivenRow, TestFile};
use crate::yaml::Node;
use kql_engine::{CancellationToken, Engine, Error, Follow, Table, TraceOptions, Traced};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The most rows whose losses a failure shows.
const MOST_LOSSES: usize = 5;

/// A test that is ready to run.
pub(super) struct CaseRun<'c> {
    source: &'c Source,
    rule: &'c Rule,
    case: &'c Case,
    /// The query with the values of its parameters.
    query: String,
    /// With everything but the tables.
    engine: Engine,
    /// The time of the test, in ticks.
    now: Option<i64>,
    tables: Vec<TestTable>,
    file: &'c TestFile,
    fixtures: &'c Fixtures,
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
        let mut query = rule.query.text.clone();
        let declared = declared_parameters(&query);
        let of_case = |name: &str| case.params.iter().any(|(own, _)| own.value == name);
        let shared = file.settings.params.iter().filter(|(name, _)| !of_case(&name.value));
        for (name, value) in case.params.iter().chain(shared) {
            let text = value.text().unwrap_or_default();
            if declared.contains(&name.value) {
                builder = builder.parameter(&name.value, text);
            } else if let Some(at) = let_value(&query, &name.value) {
                query.replace_range(at.start as usize..at.end as usize, &literal(value, at.text(&query)));
            } else {
                let message = format!("the query has no parameter and no scalar let '{}'", name.value);
                return Err(vec![source.problem(name.place, message, None)]);
            }
        }
        // what a test gives replaces what the file gives
        let given = |name: &str| case.given.iter().any(|given| given.table.value == name);
        let shared = file.settings.tables.iter().filter(|table| !given(&table.table.value));
        let all: Vec<&Given> = case.given.iter().chain(shared).collect();
        let mut tables: Vec<(&Given, Target)> = Vec::new();
        for given in all {
            match target(base, given) {
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
        let ticks = now.and_then(|now| kql_parser::time::parse_datetime(&now.value));
        let (mut made, mut problems) = (Vec::new(), Vec::new());
        for (given, target) in &tables {
            match with_columns(&maker, file, given, target.table()) {
                Ok(table) => made.push(table),
                Err(mut found) => problems.append(&mut found),
            }
        }
        let run = CaseRun { source, rule, case, query, engine, now: ticks, tables: made, file, fixtures };
        if problems.is_empty() {
            problems = run.unread(base, &tables)?;
        }
        if problems.is_empty() { Ok(run) } else { Err(problems) }
    }

    /// Tables of the test that the query does not read and no schema knows.
    fn unread(&self, base: &Engine, tables: &[(&Given, Target)]) -> Result<Vec<Problem>, Vec<Problem>> {
        let given =
            tables.iter().filter(|(_, target)| matches!(target, Target::Table(_))).map(|(given, _)| &given.table);
        let each = self.case.each.as_ref().map(|each| &each.table);
        // the data of a page belongs to all its queries
        if self.source.file.extension().is_some_and(|e| e.eq_ignore_ascii_case("md")) {
            return Ok(Vec::new());
        }
        let is_watchlist = |name: &str| name.starts_with("_GetWatchlist(");
        let names: Vec<&Placed<String>> = given
            .chain(each)
            .filter(|name| !is_watchlist(&name.value) && base.table_schema(&name.value).is_none())
            .collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        Ok(super::reads::unread(self.source, &self.engine_with(&self.tables)?, &self.query, &names))
    }

    /// An engine with these tables.
    fn engine_with(&self, tables: &[TestTable]) -> Result<Engine, Vec<Problem>> {
        let whole = |error: Error| vec![self.source.whole(error.to_string())];
        let mut builder = self.engine.derive();
        for table in tables {
            builder = builder.table(&table.name, vec![table.batch.clone()]).map_err(whole)?;
        }
        builder.build().map_err(whole)
    }

    /// The last result of the query over these tables.
    fn answer(&self, tables: &[TestTable]) -> Result<Table, Vec<Problem>> {
        let engine = self.engine_with(tables)?;
        self.result(engine.query(&self.query).map(|answer| answer.tables))
    }

    fn result(&self, tables: Result<Vec<Table>, Error>) -> Result<Table, Vec<Problem>> {
        match tables {
            Ok(tables) => tables
                .into_iter()
                .next_back()
                .ok_or_else(|| vec![self.source.problem(self.case.name.place, "the query has no result", None)]),
            Err(error) => Err(self.query_problems(error)),
        }
    }

    /// An error of the query, at its place in the rule's file.
    fn query_problems(&self, error: Error) -> Vec<Problem> {
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

    /// What the test expects, compared with what the query finds.
    pub fn check(&self, update: bool, updated: &mut Vec<PathBuf>) -> Outcome {
        let Some(expect) = &self.case.expect else { return Outcome::Passed };
        let answer = self.answer(&self.tables);
        if let Some(Expected::Error(wanted)) = expect.all.iter().find(|e| matches!(e, Expected::Error(_))) {
            return self.check_error(wanted, answer);
        }
        let table = match answer {
            Ok(table) => table,
            Err(problems) => return Outcome::Refused(problems),
        };
        let result = ResultRows::of(&table);
        let (mut failures, mut problems) = (Vec::new(), Vec::new());
        for expected in &expect.all {
            match self.check_one(expected, &table, &result, update, updated) {
                Ok(found) => failures.extend(found),
                Err(mut found) => problems.append(&mut found),
            }
        }
        match (problems.is_empty(), failures.is_empty()) {
            (false, _) => Outcome::Refused(problems),
            (true, true) => Outcome::Passed,
            (true, false) => Outcome::Failed(failures),
        }
    }

    fn check_error(&self, wanted: &Placed<String>, answer: Result<Table, Vec<Problem>>) -> Outcome {
        match answer {
            Ok(_) => {
                let summary = format!("the query runs, and should fail with '{}'", wanted.value);
                Outcome::Failed(vec![self.failure(wanted.place, summary, String::new())])
            }
            Err(problems) if problems.iter().any(|problem| problem.message.contains(&wanted.value)) => Outcome::Passed,
            Err(problems) => {
                let found: Vec<String> = problems.iter().map(|problem| problem.message.clone()).collect();
                let summary = format!("the query fails, but not with '{}'", wanted.value);
                Outcome::Failed(vec![self.failure(wanted.place, summary, found.join("\n"))])
            }
        }
    }

    fn failure(&self, place: Place, summary: impl Into<String>, details: String) -> Failure {
        Failure { place, line: self.source.line(place.start), summary: summary.into(), details }
    }

    fn check_one(
        &self,
        expected: &Expected,
        table: &Table,
        result: &ResultRows,
        update: bool,
        updated: &mut Vec<PathBuf>,
    ) -> Result<Option<Failure>, Vec<Problem>> {
        let rows = result.rows.len() as u64;
        Ok(match expected {
            Expected::Rows(wanted, place) => self.check_rows(wanted, *place, result, true)?,
            Expected::Contains(wanted, place) => self.check_rows(wanted, *place, result, false)?,
            Expected::Count(count, place) => (!count.has(rows)).then(|| {
                let summary = format!("the query finds {}, expected {count}", plural(rows, "row"));
                let mut details = if rows > 0 { shown_rows(result) } else { String::new() };
                if rows < count.low {
                    details.push_str(&self.lost());
                }
                self.failure(*place, summary, details)
            }),
            Expected::Columns(columns, place) => {
                let own: Vec<(String, String)> =
                    result.schema.columns.iter().map(|c| (c.name.clone(), c.ty.name().to_owned())).collect();
                let fits = columns.len() == own.len()
                    && columns.iter().zip(&own).all(|(wanted, (name, ty))| {
                        let named = wanted.ty.as_ref().and_then(|ty| kql_engine::ScalarType::from_name(&ty.value));
                        wanted.name.value == *name && named.is_none_or(|wanted| wanted.name() == ty)
                    });
                (!fits).then(|| {
                    let wanted = columns.iter().map(|c| {
                        let ty = c.ty.as_ref().map_or_else(String::new, |ty| format!(": {}", ty.value));
                        format!("{}{ty}", c.name.value)
                    });
                    let found: Vec<String> = own.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
                    let details = format!("- {}\n+ {}\n", wanted.collect::<Vec<_>>().join(", "), found.join(", "));
                    self.failure(*place, "the result has other columns", details)
                })
            }
            Expected::Alerts(count, place) => {
                let rows = self.alert_rows(*place, result)?.rows.len() as u64;
                let made = alerts(self.rule, rows);
                (!count.has(made)).then(|| {
                    let wanted = match (count.low, count.high) {
                        (1, None) => "one".to_owned(),
                        (0, Some(0)) => "none".to_owned(),
                        _ => count.to_string(),
                    };
                    let made = if made == 0 { "no alert".to_owned() } else { plural(made, "alert") };
                    let summary = format!("the rule makes {made} from {}, expected {wanted}", plural(rows, "row"));
                    let details = if rows > 0 { shown_rows(result) } else { self.lost() };
                    self.failure(*place, summary, details)
                })
            }
            Expected::Entities(kinds, place) => {
                let result = self.alert_rows(*place, result)?;
                let mut details = String::new();
                for wanted in kinds {
                    let kind = &wanted.kind;
                    if !self.rule.entities.iter().any(|e| e.kind.value.eq_ignore_ascii_case(&kind.value)) {
                        let message = format!("the rule maps no columns to the entity {}", kind.value);
                        return Err(vec![self.source.problem(kind.place, message, None)]);
                    }
                    let (missing, extra) = compared(wanted, &entities(self.rule, &kind.value, &result));
                    missing.iter().for_each(|one| details.push_str(&format!("- {}: {one}\n", kind.value)));
                    extra.iter().for_each(|one| details.push_str(&format!("+ {}: {one}\n", kind.value)));
                }
                (!details.is_empty()).then(|| self.failure(*place, "the alert has other entities", details))
            }
            Expected::Snapshot(path) => self.check_snapshot(path, table, update, updated)?,
            Expected::Error(_) => None,
        })
    }

    /// The rows of the run that decides about alerts: those of the rule's period.
    fn alert_rows(&self, place: Place, result: &ResultRows) -> Result<ResultRows, Vec<Problem>> {
        let Some(period) = self.rule.period.as_ref().map(|period| period.value) else { return Ok(result.clone()) };
        let Some(now) = self.now else {
            let help = Some("add 'now: 2026-03-10T12:00:00Z' to the test file".to_owned());
            return Err(vec![self.source.problem(
                place,
                "alerts depend on the time, since the rule has a period",
                help,
            )]);
        };
        let tables = in_period(&self.tables, period, now).map_err(|reason| vec![self.source.whole(reason)])?;
        match tables {
            None => Ok(result.clone()),
            Some(tables) => Ok(ResultRows::of(&self.answer(&tables)?)),
        }
    }

    fn check_rows(
        &self,
        wanted: &[GivenRow],
        place: Place,
        result: &ResultRows,
        exactly: bool,
    ) -> Result<Option<Failure>, Vec<Problem>> {
        let values = Values::new(&self.engine);
        let expected = expected_rows(self.source, &values, result, wanted)?;
        let mut found = matching(&expected, result);
        if !exactly && found.missing.is_empty() {
            return Ok(None);
        }
        if found.missing.is_empty() && found.extra.is_empty() {
            return Ok(None);
        }
        let place = found.missing.first().and_then(|i| Some(expected.get(*i)?.place)).unwrap_or(place);
        let extra = if exactly { found.extra.len() } else { 0 };
        let summary = differing(found.missing.len(), extra);
        if !exactly && found.extra.len() > 20 {
            found.extra.truncate(20);
        }
        let mut details = differences::table(&expected, result, &found);
        if !found.missing.is_empty() {
            details.push_str(&self.lost());
        }
        Ok(Some(self.failure(place, summary, details)))
    }

    fn check_snapshot(
        &self,
        path: &Placed<PathBuf>,
        table: &Table,
        update: bool,
        updated: &mut Vec<PathBuf>,
    ) -> Result<Option<Failure>, Vec<Problem>> {
        let shown = path.value.display();
        let unusable = |what: &str, error: std::io::Error| {
            vec![self.source.problem(path.place, format!("the snapshot {shown} cannot be {what}: {error}"), None)]
        };
        let found = snapshot::lines(table);
        let expected = snapshot::read(&path.value).map_err(|error| unusable("read", error))?;
        let same = expected.as_ref().is_some_and(|expected| {
            let (missing, extra) = snapshot::differences(expected, &found);
            missing.is_empty() && extra.is_empty()
        });
        if same {
            return Ok(None);
        }
        if update {
            snapshot::write(&path.value, &found).map_err(|error| unusable("written", error))?;
            updated.push(path.value.clone());
            return Ok(None);
        }
        let Some(expected) = expected else {
            let summary = format!("there is no snapshot {shown} yet; kql test --update writes it");
            return Ok(Some(self.failure(path.place, summary, String::new())));
        };
        let (missing, extra) = snapshot::differences(&expected, &found);
        let mut details = String::new();
        missing.iter().take(10).for_each(|line| details.push_str(&format!("- {line}\n")));
        extra.iter().take(10).for_each(|line| details.push_str(&format!("+ {line}\n")));
        let summary = format!(
            "the rows are not those of the snapshot: {}; kql test --update accepts them",
            differing(missing.len(), extra.len())
        );
        Ok(Some(self.failure(path.place, summary, details)))
    }

    /// Where the rows of the given tables are lost, for those that are not in the result.
    fn lost(&self) -> String {
        let mut out = String::new();
        let mut left = MOST_LOSSES;
        for table in &self.tables {
            let Ok(traced) = self.traced(&self.tables, &table.name) else { continue };
            let kept: std::collections::BTreeSet<i64> =
                traced.trace.sources.last().into_iter().flatten().flatten().copied().collect();
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

    fn lost_row(&self, traced: &Traced, row: i64) -> Vec<String> {
        let offset = self.rule.query.first_line.saturating_sub(1);
        losses(&self.query, &traced.trace, row).iter().flat_map(|loss| loss.lines(offset)).collect()
    }

    fn traced(&self, tables: &[TestTable], follow: &str) -> Result<Traced, Vec<Problem>> {
        let engine = self.engine_with(tables)?;
        let follow = Some(Follow { table: follow.to_owned(), rows: None });
        let options = TraceOptions { follow, ..TraceOptions::default() };
        engine.trace(&self.query, &options, &CancellationToken::new()).map_err(|error| self.query_problems(error))
    }

    /// The rows of `hit` and `miss`, each as a test of its own: its name, its place, what came out, and how long it took.
    pub fn each(&self) -> Vec<(String, Place, Outcome, Duration)> {
        let Some(each) = &self.case.each else { return Vec::new() };
        let rows = each.hit.iter().map(|row| (row, true)).chain(each.miss.iter().map(|row| (row, false)));
        let (mut hits, mut misses) = (0, 0);
        rows.map(|(row, is_hit)| {
            let begin = Instant::now();
            let count = if is_hit { &mut hits } else { &mut misses };
            *count += 1;
            let word = if is_hit { "hit" } else { "miss" };
            let own = row.id.clone().unwrap_or_else(|| count.to_string());
            let outcome = match self.each_row(&each.table.value, row, is_hit) {
                Ok(None) => Outcome::Passed,
                Ok(Some(failure)) => Outcome::Failed(vec![failure]),
                Err(problems) => Outcome::Refused(problems),
            };
            (format!("{}, {word} {own}", self.case.name.value), row.place, outcome, begin.elapsed())
        })
        .collect()
    }

    fn each_row(&self, table: &str, row: &GivenRow, is_hit: bool) -> Result<Option<Failure>, Vec<Problem>> {
        let values = Values::new(&self.engine);
        let maker = Tables {
            engine: &self.engine,
            values: &values,
            fixtures: self.fixtures,
            source: self.source,
            defaults: &self.file.settings.defaults,
        };
        let mut own = maker.of_row(table, row)?;
        let first = match self.tables.iter().find(|t| t.name == table) {
            Some(others) => {
                own = joined(&own, others).map_err(|reason| vec![self.source.problem(row.place, reason, None)])?;
                0
            }
            None => 0,
        };
        let mut tables: Vec<TestTable> = self.tables.iter().filter(|t| t.name != table).cloned().collect();
        tables.push(own);
        let result = ResultRows::of(&self.answer(&tables)?);
        if result.rows.is_empty() != is_hit {
            return Ok(None);
        }
        if !is_hit {
            let details = shown_rows(&result);
            return Ok(Some(self.failure(row.place, "the query finds the row, and should not", details)));
        }
        let mut details = String::new();
        if let Ok(traced) = self.traced(&tables, table) {
            let lines = self.lost_row(&traced, first);
            if !lines.is_empty() {
                details.push_str("it was left out by\n");
                lines.iter().for_each(|line| details.push_str(&format!("  {line}\n")));
            }
        }
        Ok(Some(self.failure(row.place, "the query does not find the row", details)))
    }
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
        [crate::test_file::Part::File(path)] => Ok(builder.external(address, path.value.clone())),
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

fn shown_rows(result: &ResultRows) -> String {
    let matching = super::compare::Matching { missing: Vec::new(), extra: (0..result.rows.len()).collect() };
    differences::table(&[], result, &matching)
}

/// How many rows are missing, and how many are too many.
fn differing(missing: usize, extra: usize) -> String {
    let are = |n: usize| if n == 1 { "1 row is".to_owned() } else { format!("{n} rows are") };
    match (missing, extra) {
        (missing, 0) => format!("{} missing", are(missing)),
        (0, extra) => format!("{} too many", are(extra)),
        (missing, extra) => format!("{} missing, {} too many", are(missing), are(extra)),
    }
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

fn plural(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}
