//! `replace_regex()`, `replace()`

use crate::functions::kernel;
use crate::functions::operators::pattern_of;
use crate::registry::{
    ArgumentKind, Call, CallInfo, Eval, Kernel, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig,
};
use crate::types::ScalarType::String;
use datafusion::common::{Result, plan_err};

pub static REPLACE_REGEX: ScalarFunction = ScalarFunction {
    name: "replace_regex",
    aliases: &[],
    signatures: &[sig(
        &[
            p("source", Is(String)),
            p("lookup_regex", Is(String)).kind(ArgumentKind::Constant),
            p("rewrite_pattern", Is(String)).kind(ArgumentKind::Constant),
        ],
        Returns::Is(String),
    )],
    result_name: ResultName::None,
    summary: "The text with every match of a regular expression replaced; \\1 stands for the first group, \\0 for all.",
    page: "replace-regex-function",
    eval: Eval::Compiled(|info| compile(info, 0, 1, 2)),
};

pub static REPLACE: ScalarFunction = ScalarFunction {
    name: "replace",
    aliases: &[],
    signatures: &[sig(
        &[
            p("regex", Is(String)).kind(ArgumentKind::Constant),
            p("rewrite", Is(String)).kind(ArgumentKind::Constant),
            p("source", Is(String)),
        ],
        Returns::Is(String),
    )],
    result_name: ResultName::None,
    summary: "The older form of replace_regex(), with the text last.",
    page: "replace-regex-function",
    eval: Eval::Compiled(|info| compile(info, 2, 0, 1)),
};

/// A part of what replaces a match.
enum Piece {
    Text(std::string::String),
    Group(usize),
}

fn compile(info: &CallInfo, source: usize, regex: usize, rewrite: usize) -> Result<Box<dyn Kernel>> {
    let regex = pattern_of(info.text(regex).unwrap_or(""))?;
    let pieces = pieces(info.text(rewrite).unwrap_or(""), regex.captures_len())?;
    // without groups the places of the matches are enough, and finding those is faster
    let plain = pieces.iter().all(|p| matches!(p, Piece::Text(_) | Piece::Group(0)));
    Ok(Box::new(move |call: &Call| {
        let source = call.strings(source)?;
        kernel::strings(call.rows, |i, out| {
            let text = source.get(i);
            let mut rest = 0;
            if plain {
                for found in regex.find_iter(text) {
                    out.push_str(text.get(rest..found.start()).unwrap_or(""));
                    for piece in &pieces {
                        out.push_str(match piece {
                            Piece::Text(literal) => literal,
                            Piece::Group(_) => found.as_str(),
                        });
                    }
                    rest = found.end();
                }
            } else {
                for groups in regex.captures_iter(text) {
                    let Some(found) = groups.get(0) else { continue };
                    out.push_str(text.get(rest..found.start()).unwrap_or(""));
                    for piece in &pieces {
                        out.push_str(match piece {
                            Piece::Text(literal) => literal,
                            Piece::Group(n) => groups.get(*n).map_or("", |g| g.as_str()),
                        });
                    }
                    rest = found.end();
                }
            }
            out.push_str(text.get(rest..).unwrap_or(""));
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
                        "The rewrite pattern '{rewrite}' refers to group {group}, and the regular expression has {}",
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
