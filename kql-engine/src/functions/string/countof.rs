//! `countof()`: plain strings can overlap, matches of a regular expression cannot.

use crate::functions::kernel;
use crate::functions::operators::pattern_of;
use crate::registry::{
    Call, CallInfo, Eval, Kernel, ParameterType::Is, ResultName, Returns, ScalarFunction, Values, optional, p, sig,
};
use crate::types::ScalarType::{Long, String};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::ColumnarValue;
use regex::Regex;

static KINDS: Values = Values { listed: &["normal", "regex"], old: &[], cased: true };

pub static COUNTOF: ScalarFunction = ScalarFunction {
    name: "countof",
    aliases: &[],
    signatures: &[sig(
        &[p("source", Is(String)), p("search", Is(String)), optional("kind", Is(String)).one_of(&KINDS)],
        Returns::Is(Long),
    )],
    result_name: ResultName::None,
    summary: "The number of occurrences of a string in the text, or of a regular expression if the kind is 'regex'.",
    page: "countof-function",
    eval: Eval::Compiled(compile),
};

fn compile(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    let regex = match info.text(2) {
        None | Some("normal") => false,
        Some("regex") => true,
        Some(other) => return internal_err!("'{other}' is not a valid kind for countof(); use {}.", KINDS.list()),
    };
    if !regex {
        return Ok(Box::new(plain));
    }
    let constant = info.text(1).map(pattern_of).transpose()?;
    Ok(Box::new(move |call: &Call| {
        let (source, search) = (call.strings(0)?, call.strings(1)?);
        let mut last: Option<(std::string::String, Option<Regex>)> = None;
        kernel::longs(call.rows, |i| {
            if let Some(regex) = &constant {
                return Some(regex.find_iter(source.get(i)).count() as i64);
            }
            // patterns in a column often repeat
            let pattern = search.get(i);
            if last.as_ref().is_none_or(|(p, _)| p != pattern) {
                last = Some((pattern.to_owned(), pattern_of(pattern).ok()));
            }
            let regex = last.as_ref().and_then(|(_, r)| r.as_ref())?;
            Some(regex.find_iter(source.get(i)).count() as i64)
        })
    }))
}

fn plain(call: &Call) -> Result<ColumnarValue> {
    let (source, search) = (call.strings(0)?, call.strings(1)?);
    kernel::longs(call.rows, |i| {
        let (mut text, needle) = (source.get(i).as_bytes(), search.get(i).as_bytes());
        if needle.is_empty() {
            return Some(0);
        }
        let finder = memchr::memmem::Finder::new(needle);
        let mut count = 0;
        while let Some(at) = finder.find(text) {
            count += 1;
            text = text.get(at + 1..).unwrap_or(&[]);
        }
        Some(count)
    })
}
