//! Reads rule files.

use super::fields::Fields;
use super::model::Rule;
use super::{comments, markdown, tree};
use crate::problem::{Problem, Source};
use crate::yaml;
use std::path::Path;

/// What a rule file holds.
#[derive(Clone, Debug, Default)]
pub struct RuleFile {
    /// Its rules. A rule is there, too, if some of its fields cannot be read.
    pub rules: Vec<Rule>,
    /// What is wrong with the file, in the order of its lines. A file without rules and without problems is not a rule
    /// file, as a workbook in JSON is not: [`RuleFile::nothing`] says so.
    pub problems: Vec<Problem>,
    /// Comments that look like metadata, but have values that cannot be used.
    pub warnings: Vec<Problem>,
}

impl RuleFile {
    /// The problem of a file that should have a rule and has none.
    pub fn nothing(path: &Path, text: &str) -> Problem {
        let help = match extension(path).as_str() {
            "md" => "add a block that starts with ```kql",
            "json" => "use an export of rules, or an object with the key 'query'",
            "yaml" | "yml" => "add the key 'query'",
            _ => "write a query",
        };
        Problem { help: Some(help.to_owned()), ..Source::new(path, text).whole("the file does not have a rule") }
    }
}

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

fn extension(path: &Path) -> String {
    path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default()
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
