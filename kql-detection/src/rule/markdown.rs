//! Markdown with queries in fenced blocks.

use super::comments;
use super::fields::Fields;
use super::model::{QueryText, Rule, RuleFile, RuleKind};
use crate::problem::Source;
use std::collections::{HashMap, HashSet};

/// A block that is open.
struct Block {
    fence: char,
    length: usize,
    indent: usize,
    is_query: bool,
    first_line: usize,
    text: String,
    lines: Vec<usize>,
}

/// The names of the rules so far.
#[derive(Default)]
struct Names {
    used: HashSet<String>,
    /// The last number that was added to a name.
    numbers: HashMap<String, usize>,
}

impl Names {
    /// The name, with a number if it is used already.
    fn unique(&mut self, name: String) -> String {
        if self.used.insert(name.clone()) {
            return name;
        }
        let number = self.numbers.entry(name.clone()).or_insert(1);
        loop {
            *number += 1;
            let numbered = format!("{name} {number}");
            if self.used.insert(numbered.clone()) {
                return numbered;
            }
        }
    }
}

/// A rule for each block of KQL, named by the heading above it.
pub fn rules(source: &Source) -> RuleFile {
    let mut found = RuleFile::default();
    let mut names = Names::default();
    let mut heading: Option<String> = None;
    let mut open: Option<Block> = None;
    let mut offset = 0;
    for (number, whole) in source.text.split_inclusive('\n').enumerate() {
        let start = offset;
        offset += whole.len();
        let line = whole.trim_end_matches(['\n', '\r']);
        let indent = line.len() - line.trim_start_matches(' ').len();
        let Some(block) = &mut open else {
            open = fence(line.trim_start(), indent, number + 2);
            if open.is_none() {
                heading = title(line).or(heading);
            }
            continue;
        };
        let content = line.trim();
        if content.chars().count() >= block.length && content.chars().all(|c| c == block.fence) {
            if let Some(block) = open.take() {
                add(source, block, heading.as_deref(), &mut names, &mut found);
            }
            continue;
        }
        let indent = indent.min(block.indent);
        block.lines.push(start + indent);
        block.text.push_str(whole.get(indent..).unwrap_or(""));
    }
    if let Some(block) = open {
        add(source, block, heading.as_deref(), &mut names, &mut found);
    }
    found
}

/// The block that a line opens.
fn fence(line: &str, indent: usize, first_line: usize) -> Option<Block> {
    let fence = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.chars().take_while(|c| *c == fence).count();
    let info = line.get(length..)?;
    if length < 3 || (fence == '`' && info.contains('`')) {
        return None;
    }
    let language = info.trim().trim_start_matches(['{', '.']).split(|c: char| !c.is_alphanumeric()).next()?;
    let is_query = ["kql", "kusto"].iter().any(|name| name.eq_ignore_ascii_case(language));
    Some(Block { fence, length, indent, is_query, first_line, text: String::new(), lines: Vec::new() })
}

/// The text of a heading.
fn title(line: &str) -> Option<String> {
    let text = line.trim_start_matches('#');
    let depth = line.len() - text.len();
    if !(1..=6).contains(&depth) || !text.starts_with([' ', '\t']) {
        return None;
    }
    let text = text.trim();
    let text = text.trim_end_matches('#').trim_end();
    Some(text.trim_matches(|c| matches!(c, '*' | '_' | '`')).to_owned()).filter(|text| !text.is_empty())
}

fn add(source: &Source, block: Block, heading: Option<&str>, names: &mut Names, found: &mut RuleFile) {
    if !block.is_query || block.text.trim().is_empty() {
        return;
    }
    let query = QueryText { text: block.text, lines: block.lines, first_line: block.first_line };
    let mut rule = Rule::new(&source.file, RuleKind::Query, query);
    if let Some(heading) = heading {
        rule.name = heading.to_owned();
    }
    let mut fields = Fields::new(source);
    comments::describe(&mut fields, &mut rule);
    found.warnings.append(&mut fields.problems);
    rule.name = names.unique(rule.name);
    found.rules.push(rule);
}
