//! Tests whose rows are cases of their own.

use super::case::CaseRun;
use super::compare::ResultRows;
use super::expectations::shown_rows;
use super::table::{Tables, TestTable, joined};
use super::value::Values;
use super::verdict::{Failure, Outcome};
use crate::problem::{Place, Placed, Problem};
use crate::test_file::{Given, GivenRow, Part};
use kql_engine::{CancellationToken, Engine, Follow, Trace, TraceOptions};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

impl CaseRun<'_> {
    /// The rows of `hit` and `miss`, each as a test of its own: its name, its place, what came out, and how long it took.
    pub fn each(&self) -> Vec<(String, Place, Outcome, Duration)> {
        let Some(each) = &self.case.each else { return Vec::new() };
        let rows: Vec<(&GivenRow, bool)> =
            each.hit.iter().map(|row| (row, true)).chain(each.miss.iter().map(|row| (row, false))).collect();
        let begin = Instant::now();
        let together = self.rows_together(&each.table.value, &rows);
        let share = begin.elapsed() / u32::try_from(rows.len()).unwrap_or(u32::MAX).max(1);
        let (mut hits, mut misses) = (0, 0);
        let mut verdicts = Vec::with_capacity(rows.len());
        for (number, (row, is_hit)) in rows.into_iter().enumerate() {
            let begin = Instant::now();
            let (count, word) = if is_hit { (&mut hits, "hit") } else { (&mut misses, "miss") };
            *count += 1;
            let own = row.id.clone().unwrap_or_else(|| count.to_string());
            let is_found = together.as_ref().map(|found| found.contains(&(number as i64)));
            // a row that fails runs alone, for the reasons
            let outcome = if is_found == Some(is_hit) {
                Outcome::Passed
            } else {
                match self.each_row(&each.table.value, row, is_hit) {
                    Ok(None) => Outcome::Passed,
                    Ok(Some(failure)) => Outcome::Failed(vec![failure]),
                    Err(problems) => Outcome::Refused(problems),
                }
            };
            let name = format!("{}, {word} {own}", self.case.name.value);
            verdicts.push((name, row.place, outcome, share + begin.elapsed()));
        }
        verdicts
    }

    /// The numbers of the rows that the query finds, in one run with all of them. `None` if the query does not treat them one
    /// by one, or cannot run.
    fn rows_together(&self, table: &str, rows: &[(&GivenRow, bool)]) -> Option<BTreeSet<i64>> {
        let engine = self.together.get_or_init(|| self.engine_together(table, rows)).as_ref()?;
        self.found_together(engine, table, &self.query)
    }

    /// The numbers of the rows of a table that a query finds; `None` if it does not treat them one by one, or cannot run.
    pub(super) fn found_together(&self, engine: &Engine, table: &str, query: &str) -> Option<BTreeSet<i64>> {
        let follow = Some(Follow { table: table.to_owned(), rows: None });
        let options = TraceOptions { follow, only_sources: true, ..TraceOptions::default() };
        let traced = engine.trace(query, &options, &CancellationToken::new()).ok()?;
        traced
            .row_by_row
            .then(|| traced.trace.sources.into_iter().next_back().into_iter().flatten().flatten().collect())
    }

    fn engine_together(&self, table: &str, rows: &[(&GivenRow, bool)]) -> Option<Engine> {
        self.engine_of(table, rows.iter().map(|(row, _)| (*row).clone()).collect())
    }

    /// An engine with these rows of a table that the test does not give.
    pub(super) fn engine_of(&self, table: &str, rows: Vec<GivenRow>) -> Option<Engine> {
        if self.tables.iter().any(|t| t.name == table) {
            return None;
        }
        let values = Values::new(&self.engine);
        let given = Given {
            table: Placed { value: table.to_owned(), place: Place::default() },
            parts: rows.into_iter().map(Part::Row).collect(),
        };
        let own = self.maker(&values).table(table, &[&given]).ok()?;
        let tables: Vec<TestTable> = self.tables.iter().cloned().chain([own]).collect();
        self.engine_with(&tables).ok()
    }

    /// The table and the rows of `each`.
    pub(super) fn rows_of_each(&self) -> Option<(&str, impl Iterator<Item = &GivenRow>)> {
        let each = self.case.each.as_ref()?;
        Some((each.table.value.as_str(), each.hit.iter().chain(&each.miss)))
    }

    /// The plan of a query over the tables of this test; `None` if it is not valid. Queries with the same plan mean the same.
    pub fn plan(&self, text: &str) -> Option<String> {
        let case = self.of_query(text)?;
        let each = self.case.each.as_ref();
        let rows = each.and_then(|each| Some((each.table.value.as_str(), each.hit.first().or(each.miss.first())?)));
        let engine = match rows {
            Some((table, row)) => self.plans.get_or_init(|| self.engine_of(table, vec![row.clone()])).clone(),
            None => None,
        };
        let plan = engine.as_ref().unwrap_or(&self.ready).prepare(&case.query).ok()?.explain();
        // what a function over all rows does is not part of this text
        Some(if plan.contains("a table by ") { format!("{plan}{text}") } else { plan })
    }

    /// What the runs of this test reach.
    pub fn traces(&self) -> Vec<Trace> {
        let options = TraceOptions { items: true, ..TraceOptions::default() };
        let run = |engine: &Engine| {
            let traced = engine.trace(&self.query, &options, &CancellationToken::new());
            traced.ok().map(|traced| traced.trace)
        };
        let Some(each) = &self.case.each else { return run(&self.ready).into_iter().collect() };
        let rows: Vec<(&GivenRow, bool)> = each.hit.iter().chain(&each.miss).map(|row| (row, true)).collect();
        if self.rows_together(&each.table.value, &rows).is_some() {
            return self.together.get().and_then(Option::as_ref).and_then(run).into_iter().collect();
        }
        let alone = |(row, _): &(&GivenRow, bool)| self.engine_of(&each.table.value, vec![(*row).clone()]);
        rows.iter().filter_map(|row| run(&alone(row)?)).collect()
    }

    fn maker<'v>(&'v self, values: &'v Values<'v>) -> Tables<'v> {
        Tables { engine: &self.engine, values, fixtures: self.fixtures, file: self.file }
    }

    fn each_row(&self, table: &str, row: &GivenRow, is_hit: bool) -> Result<Option<Failure>, Vec<Problem>> {
        let values = Values::new(&self.engine);
        let mut own = self.maker(&values).of_row(table, row)?;
        let first = match self.tables.iter().find(|t| t.name == table) {
            Some(others) => {
                own = joined(&own, others).map_err(|reason| vec![self.source.problem(row.place, reason, None)])?;
                0
            }
            None => 0,
        };
        let mut tables: Vec<TestTable> = self.tables.iter().filter(|t| t.name != table).cloned().collect();
        tables.push(own);
        let engine = self.engine_with(&tables)?;
        // where it can be known, only rows that are made from this one count
        let follow = Some(Follow { table: table.to_owned(), rows: None });
        let options = TraceOptions { follow, only_sources: true, ..TraceOptions::default() };
        let traced = engine.trace(&self.query, &options, &CancellationToken::new());
        let traced = traced.map_err(|error| self.query_problems(error))?;
        let result = ResultRows::of(&self.result(Ok(traced.answer.tables))?, Vec::new());
        let is_found = if traced.row_by_row {
            traced.trace.sources.last().into_iter().flatten().any(|rows| rows.contains(&first))
        } else {
            !result.rows.is_empty()
        };
        if is_found == is_hit {
            return Ok(None);
        }
        if !is_hit {
            let details = shown_rows(&result);
            return Ok(Some(self.failure(row.place, "the query finds the row, and should not", details)));
        }
        let mut details = String::new();
        if !self.quick
            && let Ok(traced) = self.traced(&tables, table)
        {
            let lines = self.lost_row(&traced, first);
            if !lines.is_empty() {
                details.push_str("it was left out by\n");
                lines.iter().for_each(|line| details.push_str(&format!("  {line}\n")));
            }
        }
        Ok(Some(self.failure(row.place, "the query does not find the row", details)))
    }
}
