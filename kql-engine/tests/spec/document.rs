//! A page: headings, queries, and what is expected of them.

use std::path::{Path, PathBuf};

/// Words that say where an expectation comes from.
const SOURCES: [&str; 4] = ["docs", "recorded", "binder", "reasoned"];

/// A page's cases.
pub struct Document {
    pub cases: Vec<Case>,
}

/// A query and what is expected of it.
#[derive(Clone)]
pub struct Case {
    pub title: String,
    /// Line of the query, from 1.
    pub line: usize,
    pub query: String,
    /// Whether rows are compared in order.
    pub ordered: bool,
    pub tables: Vec<InputTable>,
    pub settings: Settings,
    /// Where the expectation comes from, if the page says so.
    pub from: Option<&'static str>,
    pub expected: Expected,
    /// Where the expectation stands: lines from 0, end excluded; empty where it is missing.
    pub expected_lines: (usize, usize),
}

/// Data of a fence such as ```` ```ndjson Name ````.
#[derive(Clone)]
pub struct InputTable {
    pub name: String,
    pub extension: String,
    pub text: String,
}

/// What a ```` ```settings ```` fence says.
#[derive(Clone, Default)]
pub struct Settings {
    pub now: Option<String>,
    pub data: Vec<PathBuf>,
}

/// What is expected.
#[derive(Clone)]
pub enum Expected {
    /// Header and rows, as they stand in the page.
    Table(Vec<String>),
    /// Lines `line:column code message`.
    Errors(Vec<String>),
    Missing,
}

impl Document {
    /// Reads a page; data and queries in other files are found beside it.
    pub fn parse(text: &str, path: &Path) -> Result<Document, String> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let lines: Vec<&str> = text.lines().collect();
        let mut cases: Vec<Case> = Vec::new();
        let mut title = String::new();
        // tables and settings hold up to the next heading of their level
        let mut level = 0;
        let mut tables: Vec<(usize, InputTable)> = Vec::new();
        let mut settings = Settings::default();
        // a `from:` line, with its place, holds up to the next heading
        let mut from: Option<(usize, &'static str)> = None;
        let mut open: Option<Case> = None;
        let mut i = 0;
        while i < lines.len() {
            let line = lines[i];
            if let Some(heading) = line.strip_prefix('#') {
                cases.extend(open.take());
                unused(from.take(), &cases)?;
                level = line.bytes().take_while(|b| *b == b'#').count();
                tables.retain(|(of, _)| *of < level);
                if level < 3 {
                    settings = Settings::default();
                }
                title = heading.trim_start_matches('#').trim().to_owned();
            } else if let Some(word) = line.strip_prefix("from:") {
                cases.extend(open.take());
                unused(from.take(), &cases)?;
                let word = word.trim();
                let source = SOURCES.into_iter().find(|s| *s == word);
                from = Some((i + 1, source.ok_or_else(|| format!("line {}: no source is called '{word}'", i + 1))?));
            } else if let Some(fence) = line.strip_prefix("```") {
                let end = (i + 1..lines.len())
                    .find(|n| lines[*n] == "```")
                    .ok_or_else(|| format!("line {}: the fence is not closed", i + 1))?;
                let body = lines[i + 1..end].join("\n");
                let mut words = fence.split_whitespace();
                match words.next().unwrap_or("") {
                    "kql" => {
                        cases.extend(open.take());
                        open = Some(Case {
                            title: title.clone(),
                            line: i + 1,
                            query: body,
                            ordered: words.any(|w| w == "ordered"),
                            tables: tables.iter().map(|(_, t)| t.clone()).collect(),
                            settings: settings.clone(),
                            from: from.map(|(_, source)| source),
                            expected: Expected::Missing,
                            expected_lines: (end + 1, end + 1),
                        });
                    }
                    "error" => {
                        if let Some(case) = &mut open {
                            case.expected = Expected::Errors(body.lines().map(str::to_owned).collect());
                            case.expected_lines = (i, end + 1);
                        }
                        cases.extend(open.take());
                    }
                    extension @ ("ndjson" | "csv" | "json") => {
                        if let Some(name) = words.next() {
                            let (name, extension) = (name.to_owned(), extension.to_owned());
                            tables.push((level, InputTable { name, extension, text: body }));
                        }
                    }
                    "settings" => {
                        for line in body.lines() {
                            let (key, value) = line.split_once(':').unwrap_or((line, ""));
                            let value = value.trim();
                            match key.trim() {
                                "now" => settings.now = Some(value.to_owned()),
                                "data" => settings.data.push(folder.join(value)),
                                "query" => {
                                    let file = folder.join(value);
                                    let query = std::fs::read_to_string(&file)
                                        .map_err(|e| format!("{}: {e}", file.display()))?;
                                    open = Some(Case {
                                        title: title.clone(),
                                        line: i + 1,
                                        query,
                                        ordered: false,
                                        tables: tables.iter().map(|(_, t)| t.clone()).collect(),
                                        settings: settings.clone(),
                                        from: from.map(|(_, source)| source),
                                        expected: Expected::Missing,
                                        expected_lines: (end + 1, end + 1),
                                    });
                                }
                                other => return Err(format!("line {}: no setting is called '{other}'", i + 1)),
                            }
                        }
                    }
                    _ => {}
                }
                i = end;
            } else if line.starts_with('|') && open.is_some() {
                let end = (i..lines.len()).find(|n| !lines[*n].starts_with('|')).unwrap_or(lines.len());
                if let Some(case) = &mut open {
                    case.expected = Expected::Table(lines[i..end].iter().map(|l| (*l).to_owned()).collect());
                    case.expected_lines = (i, end);
                }
                cases.extend(open.take());
                i = end;
                continue;
            }
            i += 1;
        }
        cases.extend(open.take());
        unused(from, &cases)?;
        Ok(Document { cases })
    }
}

/// Refuses a `from:` line that no query follows.
fn unused(from: Option<(usize, &str)>, cases: &[Case]) -> Result<(), String> {
    match from {
        Some((line, _)) if cases.last().is_none_or(|case| case.line < line) => {
            Err(format!("line {line}: no query follows"))
        }
        _ => Ok(()),
    }
}
