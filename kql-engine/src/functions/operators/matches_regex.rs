//! `matches regex`: whether a pattern is found anywhere in the text.
//!
//! Kusto's documented syntax is that of the `regex` crate. <https://learn.microsoft.com/kusto/query/regex>

use crate::functions::kernel;
use crate::registry::{Call, CallInfo, Eval, Kernel, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::{Bool, String};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::ColumnarValue;
use regex::Regex;

pub static MATCHES_REGEX: ScalarFunction = ScalarFunction {
    name: "matches regex",
    aliases: &[],
    signatures: &[sig(&[p("text", Is(String)), p("regex", Is(String))], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "True if the regular expression matches anywhere in the text.",
    page: "operator:re2",
    eval: Eval::Compiled(compile),
};

fn compile(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    let Some(pattern) = info.text(1) else {
        // a pattern that differs between rows is compiled when it changes
        return Ok(Box::new(|call: &Call| {
            let (texts, patterns) = (call.strings(0)?, call.strings(1)?);
            let mut last: Option<(std::string::String, Option<Regex>)> = None;
            kernel::bools(call.rows, |i| {
                let pattern = patterns.get(i);
                if last.as_ref().is_none_or(|(p, _)| p != pattern) {
                    last = Some((pattern.to_owned(), compiled(pattern).ok()));
                }
                Some(last.as_ref().and_then(|(_, r)| r.as_ref()).is_some_and(|r| r.is_match(texts.get(i))))
            })
        }));
    };
    let regex = pattern_of(pattern)?;
    Ok(Box::new(move |call: &Call| -> Result<ColumnarValue> {
        let texts = call.strings(0)?;
        // a separate clone for each batch: threads that share one wait for each other's scratch space
        let regex = regex.clone();
        kernel::certain_bools(call.rows, |i| regex.is_match(texts.get(i)))
    }))
}

/// Compiles a pattern of the query.
pub fn pattern_of(pattern: &str) -> Result<Regex> {
    match compiled(pattern) {
        Ok(regex) => Ok(regex),
        Err(error) => plan_err!("The regular expression '{pattern}' is not valid: {}.", last_line(&error.to_string())),
    }
}

/// Compiles a pattern in Kusto's syntax.
pub fn compiled(pattern: &str) -> std::result::Result<Regex, regex::Error> {
    let build = |pattern: &str| regex::RegexBuilder::new(pattern).octal(true).build();
    build(pattern).or_else(|error| build(&older_spelling(pattern)).map_err(|_| error))
}

/// The pattern with escapes for characters that RE2 took literally: `[` in a class, and a `{` that does not begin a
/// repetition. Published queries are older than the syntax that gives these a meaning.
fn older_spelling(pattern: &str) -> std::string::String {
    let mut out = std::string::String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.char_indices().peekable();
    let mut class: Option<usize> = None;
    while let Some((i, c)) = chars.next() {
        match (c, class) {
            ('\\', _) => {
                out.push(c);
                out.extend(chars.next().map(|(_, next)| next));
            }
            ('[', None) => {
                class = Some(i);
                out.push(c);
            }
            ('[', Some(_)) if !pattern.get(i + 1..).is_some_and(|rest| rest.starts_with(':')) => out.push_str("\\["),
            (']', Some(start)) => {
                // a bracket at the very beginning belongs to the class
                let first = pattern.get(start + 1..i).is_some_and(|inner| inner.is_empty() || inner == "^");
                if first {
                    out.push_str("\\]");
                } else {
                    class = None;
                    out.push(c);
                }
            }
            ('{', None) if !is_repetition(pattern.get(i + 1..).unwrap_or("")) => out.push_str("\\{"),
            _ => out.push(c),
        }
    }
    out
}

/// Whether the text after a `{` makes it a repetition.
fn is_repetition(rest: &str) -> bool {
    let Some((inside, _)) = rest.split_once('}') else { return false };
    let mut numbers = inside.splitn(2, ',');
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    numbers.next().is_some_and(|first| !first.is_empty() && digits(first)) && numbers.next().is_none_or(digits)
}

fn last_line(text: &str) -> &str {
    text.trim().lines().last().unwrap_or("").trim_start_matches("error: ")
}
