//! Compares what a query finds with what a test expects.

use super::alerts::{alerts, compared, entities, in_period};
use super::case::CaseRun;
use super::compare::{ResultRows, expected_rows};
use super::matching::{Matching, matching, out_of_order, ties};
use super::value::Values;
use super::verdict::{Failure, Outcome};
use super::{differences, snapshot};
use crate::problem::{Place, Placed, Problem, Source};
use crate::rule::{Entity, EntityField};
use crate::test_file::{ExpectEntity, Expected, GivenRow, Part};
use kql_engine::Table;
use std::path::PathBuf;

impl CaseRun<'_> {
    /// What the test expects, compared with what the query finds.
    pub fn check(&self, update: bool, updated: &mut Vec<PathBuf>) -> Outcome {
        let Some(expect) = &self.case.expect else { return Outcome::Passed };
        let answer = self.answer(&self.ready);
        if let Some(Expected::Error(wanted)) = expect.all.iter().find(|e| matches!(e, Expected::Error(_))) {
            return self.check_error(wanted, answer);
        }
        let (table, result) = match answer {
            Ok(answer) => answer,
            Err(problems) => return Outcome::Refused(problems),
        };
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

    fn check_error<T>(&self, wanted: &Placed<String>, answer: Result<T, Vec<Problem>>) -> Outcome {
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

    pub(super) fn failure(&self, place: Place, summary: impl Into<String>, details: String) -> Failure {
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
                self.check_mappings(result)?;
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
                let mut result = self.alert_rows(*place, result)?;
                self.check_mappings(&result)?;
                // without an alert there are no entities
                if alerts(self.rule, result.rows.len() as u64) == 0 {
                    result.rows.clear();
                }
                let mut details = String::new();
                for wanted in kinds {
                    let kind = &wanted.kind;
                    self.check_identifiers(wanted)?;
                    let (missing, extra) = compared(wanted, &entities(self.rule, &kind.value, &result));
                    missing.iter().for_each(|one| details.push_str(&format!("- {}: {one}\n", kind.value)));
                    extra.iter().for_each(|one| details.push_str(&format!("+ {}: {one}\n", kind.value)));
                }
                (!details.is_empty()).then(|| self.failure(*place, "the alert has other entities", details))
            }
            Expected::Snapshot(path) => self.check_snapshot(path, table, result, update, updated)?,
            Expected::Error(_) => None,
        })
    }

    /// Whether the rule maps columns to a type of entity, and to the identifiers that a test names.
    fn check_identifiers(&self, wanted: &ExpectEntity) -> Result<(), Vec<Problem>> {
        let kind = &wanted.kind;
        let is_of_kind = |entity: &&Entity| entity.kind.value.eq_ignore_ascii_case(&kind.value);
        let mapped: Vec<&Entity> = self.rule.entities.iter().filter(is_of_kind).collect();
        if mapped.is_empty() {
            let kinds = || self.rule.entities.iter().map(|entity| entity.kind.value.as_str());
            let help = kql_parser::suggest(&kind.value, kinds()).map(|like| format!("did you mean '{like}'?"));
            let message = format!("the rule maps no columns to the entity {}", kind.value);
            return Err(vec![self.source.problem(kind.place, message, help)]);
        }
        let fields: Vec<&str> =
            mapped.iter().flat_map(|entity| &entity.fields).map(|field| field.identifier.value.as_str()).collect();
        let named = wanted.values.iter().flat_map(|value| value.map().unwrap_or_default());
        let unknown = named.filter(|(name, _)| name.text().is_none_or(|name| !fields.contains(&name)));
        let problems: Vec<Problem> = unknown
            .map(|(name, _)| {
                let text = name.text().unwrap_or_default();
                let help = match kql_parser::suggest(text, fields.iter().copied()) {
                    Some(like) => format!("did you mean '{like}'?"),
                    None => format!("it maps {}", fields.join(", ")),
                };
                let message = format!("the rule maps no column to '{text}' of the entity {}", kind.value);
                self.source.problem(name.place, message, Some(help))
            })
            .collect();
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Whether the columns that the rule maps to entities are there.
    fn check_mappings(&self, result: &ResultRows) -> Result<(), Vec<Problem>> {
        let fields = self.rule.entities.iter().flat_map(|entity| &entity.fields);
        let missing: Vec<&EntityField> = fields.filter(|field| result.column(&field.column.value).is_none()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let text = std::fs::read_to_string(&self.rule.file).unwrap_or_default();
        let source = Source::new(&self.rule.file, &text);
        let names = || result.schema.columns.iter().map(|column| column.name.as_str());
        let problem = |field: &&EntityField| {
            let help = kql_parser::suggest(&field.column.value, names()).map(|like| format!("did you mean '{like}'?"));
            let message = format!("the result has no column '{}' for an entity", field.column.value);
            source.problem(field.column.place, message, help)
        };
        Err(missing.iter().map(problem).collect())
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
            Some(tables) => Ok(self.answer(&self.engine_with(&tables)?)?.1),
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
        if found.missing.is_empty() && (!exactly || found.extra.is_empty()) {
            return Ok(out_of_order(&expected, result).map(|row| {
                let at = expected.get(row).map_or(place, |row| row.place);
                let summary = format!(
                    "the rows are right, their order is not: row {} is not behind row {row} in the result, which is \
                     sorted by {}",
                    row + 1,
                    result.order_names()
                );
                self.failure(at, summary, shown_rows(result))
            }));
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
        result: &ResultRows,
        update: bool,
        updated: &mut Vec<PathBuf>,
    ) -> Result<Option<Failure>, Vec<Problem>> {
        let shown = path.value.display();
        let unusable = |what: &str, error: std::io::Error| {
            vec![self.source.problem(path.place, format!("the snapshot {shown} cannot be {what}: {error}"), None)]
        };
        let found = snapshot::lines(table);
        let expected = snapshot::read(&path.value).map_err(|error| unusable("read", error))?;
        let ties = if result.order.is_empty() { Vec::new() } else { ties(result) };
        let same = expected.as_ref().is_some_and(|expected| {
            let (missing, extra) = snapshot::differences(expected, &found);
            missing.is_empty() && extra.is_empty() && snapshot::out_of_order(expected, &found, &ties).is_none()
        });
        if same {
            return Ok(None);
        }
        if update {
            let inputs = self.file.cases.iter().flat_map(|case| &case.given).chain(&self.file.settings.tables);
            let is_input = |part: &Part| matches!(part, Part::File(file) if file.value == path.value);
            let taken = if path.value == self.rule.file || path.value == self.source.file {
                Some("the file of the rule or of its tests")
            } else if inputs.flat_map(|given| &given.parts).any(is_input) {
                Some("a file with given rows")
            } else if updated.contains(&path.value) {
                Some("the snapshot of another test")
            } else {
                None
            };
            if let Some(taken) = taken {
                let message = format!("the snapshot {shown} is {taken}, and is not overwritten");
                return Err(vec![self.source.problem(path.place, message, None)]);
            }
            snapshot::write(&path.value, &found).map_err(|error| unusable("written", error))?;
            updated.push(path.value.clone());
            return Ok(None);
        }
        let Some(expected) = expected else {
            let summary = format!("there is no snapshot {shown} yet; kql test --update writes it");
            return Ok(Some(self.failure(path.place, summary, String::new())));
        };
        let (missing, extra) = snapshot::differences(&expected, &found);
        if let (true, true, Some(row)) =
            (missing.is_empty(), extra.is_empty(), snapshot::out_of_order(&expected, &found, &ties))
        {
            let line = |sign: char, lines: &[String]| {
                lines.get(row).map_or_else(String::new, |line| format!("{sign} {line}\n"))
            };
            let summary = format!(
                "the rows are those of the snapshot, their order is not: row {} is elsewhere in the result, which is sorted \
                 by {}; kql test --update accepts them",
                row + 1,
                result.order_names()
            );
            let details = line('-', &expected) + &line('+', &found);
            return Ok(Some(self.failure(path.place, summary, details)));
        }
        let mut details = String::new();
        missing.iter().take(10).for_each(|line| details.push_str(&format!("- {line}\n")));
        extra.iter().take(10).for_each(|line| details.push_str(&format!("+ {line}\n")));
        let summary = format!(
            "the rows are not those of the snapshot: {}; kql test --update accepts them",
            differing(missing.len(), extra.len())
        );
        Ok(Some(self.failure(path.place, summary, details)))
    }
}

/// The rows of a result, for people.
pub(super) fn shown_rows(result: &ResultRows) -> String {
    let matching = Matching { missing: Vec::new(), extra: (0..result.rows.len()).collect() };
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

fn plural(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}
