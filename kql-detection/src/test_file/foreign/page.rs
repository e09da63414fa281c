//! Markdown pages: a query in a block, then the table that it returns. Blocks of data before it are its tables.

use super::super::model::{Case, Expect, Expected, Given, GivenRow, Part, Settings, TestFile};
use super::page_table::{csv_rows, expected_table};
use super::parts::simple;
use crate::problem::{Place, Placed, Problem, Source};
use crate::rule::{QueryText, Rule, RuleKind};
use crate::yaml::{self, Node};
use std::path::{Path, PathBuf};

/// A line of a page, without its end, and the byte where it starts.
#[derive(Clone, Copy)]
pub(super) struct Line<'t> {
    pub start: usize,
    pub text: &'t str,
}

impl Line<'_> {
    pub fn place(&self) -> Place {
        Place { start: self.start, end: self.start + self.text.len() }
    }
}

/// A query of a page, and what is expected of it.
struct Block {
    rule: Rule,
    settings: Settings,
    given: Vec<Given>,
    expect: Expect,
    place: Place,
}

/// How many queries of a page have a result.
pub fn blocks(path: &Path, text: &str) -> usize {
    if !text.contains("```") {
        return 0;
    }
    read(&Source::new(path, text)).map_or(1, |found| found.len())
}

/// A query of a page as a rule with one test; `number` counts from 0 those that have a result.
///
/// # Errors
/// Everything that is wrong with the page.
pub fn read_page(path: &Path, text: &str, number: usize) -> Result<(TestFile, Rule), Vec<Problem>> {
    let source = Source::new(path, text);
    let mut found = read(&source)?;
    if number >= found.len() {
        return Err(vec![source.whole("the page has no query with a result")]);
    }
    let block = found.swap_remove(number);
    let name = Placed { value: block.rule.name.clone(), place: block.place };
    let case: Case = simple(name, block.given, Some(block.expect));
    let file = TestFile { source, rule: None, settings: block.settings, cases: vec![case] };
    Ok((file, block.rule))
}

/// What holds up to the next heading of its level.
#[derive(Default)]
struct Scope {
    level: usize,
    title: String,
    tables: Vec<(usize, Given)>,
    settings: Vec<(usize, Setting)>,
}

#[derive(Clone)]
enum Setting {
    Now(Placed<String>),
    Data(Given),
}

struct Page<'s> {
    source: &'s Source,
    lines: Vec<Line<'s>>,
    scope: Scope,
    open: Option<(Rule, Place)>,
    found: Vec<Block>,
    problems: Vec<Problem>,
}

fn read(source: &Source) -> Result<Vec<Block>, Vec<Problem>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for whole in source.text.split_inclusive('\n') {
        lines.push(Line { start, text: whole.trim_end_matches(['\n', '\r']) });
        start += whole.len();
    }
    let (scope, found, problems) = (Scope::default(), Vec::new(), Vec::new());
    let mut page = Page { source, lines, scope, open: None, found, problems };
    let mut at = 0;
    while let Some(line) = page.lines.get(at).copied() {
        at = page.line(at, line);
    }
    if page.problems.is_empty() { Ok(page.found) } else { Err(page.problems) }
}

impl Page<'_> {
    /// Reads a line, or the block or the table that it begins; returns the number of the line after it.
    fn line(&mut self, at: usize, line: Line) -> usize {
        let lines = |from: usize, to: usize| self.lines.get(from..to).unwrap_or_default().to_vec();
        if line.text.starts_with('#') {
            let title = line.text.trim_start_matches('#');
            let level = line.text.len() - title.len();
            self.scope.level = level;
            self.scope.title = title.trim().to_owned();
            self.scope.tables.retain(|(of, _)| *of < level);
            self.scope.settings.retain(|(of, _)| *of < level);
            self.open = None;
        } else if let Some((fence, info)) = fence(line.text) {
            let closes = |line: &Line| line.text.trim_end() == fence;
            let end = self.lines.iter().skip(at + 1).position(closes).map_or(self.lines.len(), |n| at + 1 + n);
            let body = lines(at + 1, end);
            self.block(line, info, at, &body);
            return end + 1;
        } else if line.text.starts_with('|') && self.open.is_some() {
            let rest = self.lines.iter().skip(at);
            let end = at + rest.take_while(|line| line.text.starts_with('|')).count();
            // a table without types describes something; it is not a result
            let expected = expected_table(&lines(at, end));
            if let Some(expected) = expected {
                self.expect(Expect { place: line.place(), result: None, all: expected });
            }
            self.open = None;
            return end;
        }
        at + 1
    }

    fn block(&mut self, line: Line, info: &str, at: usize, body: &[Line]) {
        let mut words = info.split_whitespace();
        match words.next().unwrap_or_default() {
            "kql" | "kusto" => {
                let text = body.iter().map(|line| format!("{}\n", line.text)).collect();
                let query = QueryText { text, lines: body.iter().map(|l| l.start).collect(), first_line: at + 2 };
                self.open(Rule::new(&self.source.file, RuleKind::Query, query), line);
            }
            "error" => {
                let message = |line: &Line| {
                    let (place, rest) = line.text.split_once(' ')?;
                    let is_place = place == "run" || place.bytes().all(|b| b.is_ascii_digit() || b == b':');
                    Some(Placed { value: if is_place { rest } else { line.text }.to_owned(), place: line.place() })
                };
                if let Some(message) = body.first().and_then(message) {
                    self.expect(Expect { place: line.place(), result: None, all: vec![Expected::Error(message)] });
                }
            }
            extension @ ("ndjson" | "json" | "csv") => {
                let Some(name) = words.next() else { return };
                let table = Placed { value: name.to_owned(), place: line.place() };
                let parts = self.rows(extension, body).into_iter().map(Part::Row).collect();
                self.scope.tables.push((self.scope.level, Given { table, parts }));
            }
            "settings" => body.iter().for_each(|line| self.setting(*line)),
            _ => {}
        }
    }

    fn open(&mut self, mut rule: Rule, line: Line) {
        if !self.scope.title.is_empty() {
            rule.name.clone_from(&self.scope.title);
        }
        self.open = Some((rule, line.place()));
    }

    fn expect(&mut self, expect: Expect) {
        let Some((rule, place)) = self.open.take() else { return };
        let mut settings = Settings::default();
        let mut given: Vec<Given> = self.scope.tables.iter().map(|(_, given)| given.clone()).collect();
        for (_, setting) in &self.scope.settings {
            match setting {
                Setting::Now(now) => settings.now = Some(now.clone()),
                Setting::Data(data) => given.push(data.clone()),
            }
        }
        self.found.push(Block { rule, settings, given, expect, place });
    }

    /// The rows of a block of data.
    fn rows(&mut self, extension: &str, body: &[Line]) -> Vec<GivenRow> {
        if extension == "csv" {
            return csv_rows(body);
        }
        let (Some(first), Some(last)) = (body.first(), body.last()) else { return Vec::new() };
        // with blanks before it, the places in the block are those in the page
        let text = self.source.text.get(first.start..last.place().end).unwrap_or_default();
        let padded = format!("{}{text}", " ".repeat(first.start));
        match yaml::read(&Source::new(Path::new("block.json"), &padded)) {
            Ok(values) => values
                .iter()
                .flat_map(|value| value.list().unwrap_or(std::slice::from_ref(value)))
                .filter_map(json_row)
                .collect(),
            Err(problem) => {
                self.problems.push(Problem {
                    file: self.source.file.clone(),
                    text: self.source.text.clone(),
                    ..problem
                });
                Vec::new()
            }
        }
    }

    fn setting(&mut self, line: Line) {
        let (key, value) = line.text.split_once(':').unwrap_or((line.text, ""));
        let (place, value) = (line.place(), value.trim());
        let path = self.source.file.parent().unwrap_or(Path::new("")).join(value);
        let level = self.scope.level;
        match key.trim() {
            "" => {}
            "now" => self.scope.settings.push((level, Setting::Now(Placed { value: value.to_owned(), place }))),
            "data" => match data(&path, place) {
                Ok(given) => self.scope.settings.extend(given.into_iter().map(|given| (level, Setting::Data(given)))),
                Err(error) => {
                    self.problems.push(self.source.problem(place, format!("{value} cannot be read: {error}"), None));
                }
            },
            "query" => match std::fs::read_to_string(&path) {
                Ok(text) => {
                    let read = crate::rule::read(&path, &text);
                    match read.rules.into_iter().next() {
                        Some(rule) => self.open = Some((rule, place)),
                        None => self.problems.push(crate::rule::RuleFile::nothing(&path, &text)),
                    }
                }
                Err(error) => {
                    self.problems.push(self.source.problem(place, format!("{value} cannot be read: {error}"), None));
                }
            },
            other => {
                let help = Some("the settings are now, data and query".to_owned());
                self.problems.push(self.source.problem(place, format!("'{other}' is not a setting"), help));
            }
        }
    }
}

/// The fence that a line opens, and the words after it.
fn fence(line: &str) -> Option<(String, &str)> {
    let length = line.chars().take_while(|c| *c == '`').count();
    (length >= 3).then(|| ("`".repeat(length), line.get(length..).unwrap_or_default()))
}

fn json_row(node: &Node) -> Option<GivenRow> {
    let cells = node.map()?.iter().filter_map(|(key, value)| Some((key.placed_text()?, value.clone())));
    Some(GivenRow { id: None, cells: cells.collect(), place: node.place })
}

/// The files of a folder, or the file itself, as tables: the name of a file up to its first dot is that of its table.
fn data(path: &Path, place: Place) -> std::io::Result<Vec<Given>> {
    let mut files: Vec<PathBuf> = Vec::new();
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            files.push(path.join(entry?.file_name()));
        }
        files.retain(|file| file.is_file());
        files.sort();
    } else {
        std::fs::metadata(path)?;
        files.push(path.to_owned());
    }
    let mut tables: Vec<Given> = Vec::new();
    for file in files {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = name.split('.').next().unwrap_or_default().to_owned();
        if name.is_empty() {
            continue;
        }
        let part = Part::File(Placed { value: file, place });
        match tables.iter_mut().find(|given| given.table.value == name) {
            Some(given) => given.parts.push(part),
            None => tables.push(Given { table: Placed { value: name, place }, parts: vec![part] }),
        }
    }
    Ok(tables)
}
