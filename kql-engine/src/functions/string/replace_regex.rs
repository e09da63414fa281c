//! `replace_regex()`, `replace()`

use crate::budget::Growing;
use crate::functions::kernel;
use crate::functions::operators::pattern_of;
use crate::registry::{Call, CallInfo, Eval, Kernel, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::String;
use datafusion::common::{Result, plan_err};
use regex::Regex;
use std::collections::HashMap;

pub static REPLACE_REGEX: ScalarFunction = ScalarFunction {
    name: "replace_regex",
    aliases: &[],
    signatures: &[sig(
        &[p("source", Is(String)), p("lookup_regex", Is(String)), p("rewrite_pattern", Is(String))],
        Returns::Is(String),
    )],
    result_name: ResultName::None,
    summary: "Replaces every match of a regular expression; \\1 stands for the first group, \\0 for the whole \
              match.",
    page: "replace-regex-function",
    eval: Eval::Compiled(|info| compile(info, 0, 1, 2)),
};

pub static REPLACE: ScalarFunction = ScalarFunction {
    name: "replace",
    aliases: &[],
    signatures: &[sig(
        &[p("regex", Is(String)), p("rewrite", Is(String)), p("source", Is(String))],
        Returns::Is(String),
    )],
    result_name: ResultName::None,
    summary: "The older form of replace_regex(), with the text last.",
    page: "replace-regex-function",
    eval: Eval::Compiled(|info| compile(info, 2, 0, 1)),
};

/// A part of a replacement.
enum Piece {
    Text(std::string::String),
    Group(usize),
}

/// A regular expression and its replacement.
struct Rewriter {
    regex: Regex,
    pieces: Vec<Piece>,
    /// Without groups only the positions of the matches are needed, and these are found faster.
    plain: bool,
}

impl Rewriter {
    fn new(pattern: &str, rewrite: &str) -> Result<Rewriter> {
        let regex = pattern_of(pattern)?;
        let pieces = pieces(rewrite, regex.captures_len())?;
        let plain = pieces.iter().all(|p| matches!(p, Piece::Text(_) | Piece::Group(0)));
        Ok(Rewriter { regex, pieces, plain })
    }

    fn write(&self, text: &str, out: &mut std::string::String) -> Result<()> {
        let mut out = Growing::new(out);
        let mut rest = 0;
        if self.plain {
            for found in self.regex.find_iter(text) {
                out.push(text.get(rest..found.start()).unwrap_or(""))?;
                for piece in &self.pieces {
                    out.push(match piece {
                        Piece::Text(literal) => literal,
                        Piece::Group(_) => found.as_str(),
                    })?;
                }
                rest = found.end();
            }
        } else {
            for groups in self.regex.captures_iter(text) {
                let Some(found) = groups.get(0) else { continue };
                out.push(text.get(rest..found.start()).unwrap_or(""))?;
                for piece in &self.pieces {
                    out.push(match piece {
                        Piece::Text(literal) => literal,
                        Piece::Group(n) => groups.get(*n).map_or("", |g| g.as_str()),
                    })?;
                }
                rest = found.end();
            }
        }
        out.push(text.get(rest..).unwrap_or(""))
    }
}

/// The number of patterns in a column that are kept compiled.
const KEPT: usize = 256;

fn compile(info: &CallInfo, source: usize, regex: usize, rewrite: usize) -> Result<Box<dyn Kernel>> {
    if let (Some(pattern), Some(text)) = (info.text(regex), info.text(rewrite)) {
        let rewriter = Rewriter::new(pattern, text)?;
        return Ok(Box::new(move |call: &Call| {
            let source = call.strings(source)?;
            kernel::strings(call.rows, |i, out| rewriter.write(source.get(i), out))
        }));
    }
    Ok(Box::new(move |call: &Call| {
        let (source, patterns, rewrites) = (call.strings(source)?, call.strings(regex)?, call.strings(rewrite)?);
        let mut known: HashMap<(&str, &str), Option<Rewriter>> = HashMap::new();
        kernel::strings(call.rows, |i, out| {
            let key = (patterns.get(i), rewrites.get(i));
            if known.len() >= KEPT && !known.contains_key(&key) {
                known.clear();
            }
            // an invalid regular expression matches nothing
            match known.entry(key).or_insert_with(|| Rewriter::new(key.0, key.1).ok()) {
                Some(rewriter) => rewriter.write(source.get(i), out),
                None => {
                    out.push_str(source.get(i));
                    Ok(())
                }
            }
        })
    }))
}

/// `was: \1` as text and groups; `\\` is a backslash.
fn pieces(rewrite: &str, groups: usize) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut literal = std::string::String::new();
    let mut chars = rewrite.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            literal.push(c);
            continue;
        }
        match chars.peek().copied() {
            Some(digit) if digit.is_ascii_digit() => {
                chars.next();
                let group = digit.to_digit(10).unwrap_or(0) as usize;
                if group >= groups {
                    return plan_err!(
                        "The rewrite pattern '{rewrite}' refers to group {group}, but the regular expression has {}.",
                        groups - 1
                    );
                }
                if !literal.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Group(group));
            }
            Some('\\') => {
                chars.next();
                literal.push('\\');
            }
            _ => literal.push('\\'),
        }
    }
    if !literal.is_empty() {
        pieces.push(Piece::Text(literal));
    }
    Ok(pieces)
}
