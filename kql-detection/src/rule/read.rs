//! Reads rule files.

use super::fields::Fields;
use super::model::{RuleFile, extension};
use super::{comments, markdown, tree};
use crate::problem::Source;
use crate::yaml;
use std::path::Path;

/// Reads the rules of a file whose text is given. The extension of the file says in which form they are: YAML, JSON,
/// Markdown, or a query with metadata in comments.
pub fn read(path: &Path, text: &str) -> RuleFile {
    let source = Source::new(path, text);
    match extension(path).as_str() {
        // data in JSON can be large, and the word shows that it has no query without reading it
        "json" if !text.contains("query") => RuleFile::default(),
        "yaml" | "yml" | "json" => structured(&source),
        "md" => markdown::rules(&source),
        _ => comments::rule(&source),
    }
}

fn structured(source: &Source) -> RuleFile {
    let documents = match yaml::read(source) {
        Ok(documents) => documents,
        Err(problem) => return RuleFile { problems: vec![problem], ..RuleFile::default() },
    };
    let mut fields = Fields::new(source);
    let mut rules = Vec::new();
    for document in &documents {
        tree::rules(&mut fields, document, documents.len() > 1, &mut rules);
    }
    let mut problems = fields.problems;
    problems.sort_by_key(|problem| problem.place);
    RuleFile { rules, problems, warnings: Vec::new() }
}
