//! `trim()`, `trim_start()`, `trim_end()`: one match of a regular expression is removed at each end.

use crate::functions::kernel;
use crate::functions::operators::pattern_of;
use crate::registry::{
    ArgumentKind, Call, CallInfo, Eval, Kernel, ParameterType::Is, ResultName, Returns, ScalarFunction, Signature, p,
    sig,
};
use crate::types::ScalarType::String;
use datafusion::common::Result;
use regex::Regex;

static SIGNATURES: [Signature; 1] =
    [sig(&[p("regex", Is(String)).kind(ArgumentKind::Constant), p("source", Is(String))], Returns::Is(String))];

pub static TRIM: ScalarFunction = ScalarFunction {
    name: "trim",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "The text without one match of a regular expression at its start and one at its end.",
    page: "trim-function",
    eval: Eval::Compiled(|info| compile(info, Ends::Both)),
};

pub static TRIM_START: ScalarFunction = ScalarFunction {
    name: "trim_start",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "The text without one match of a regular expression at its start.",
    page: "trim-start-function",
    eval: Eval::Compiled(|info| compile(info, Ends::Start)),
};

pub static TRIM_END: ScalarFunction = ScalarFunction {
    name: "trim_end",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "The text without one match of a regular expression at its end.",
    page: "trim-end-function",
    eval: Eval::Compiled(|info| compile(info, Ends::End)),
};

/// Which ends of a text are trimmed.
#[derive(Clone, Copy, PartialEq)]
enum Ends {
    Start,
    End,
    Both,
}

fn compile(info: &CallInfo, ends: Ends) -> Result<Box<dyn Kernel>> {
    let pattern = info.text(0).unwrap_or("");
    // the pattern is validated alone first, so that a message shows it as it is written
    pattern_of(pattern)?;
    let start = (ends != Ends::End).then(|| pattern_of(&format!(r"\A(?:{pattern})"))).transpose()?;
    let end = (ends != Ends::Start).then(|| pattern_of(&format!(r"(?:{pattern})\z"))).transpose()?;
    Ok(Box::new(move |call: &Call| {
        let source = call.strings(1)?;
        kernel::strings(call.rows, |i, out| {
            let mut text = source.get(i);
            if let Some(found) = start.as_ref().and_then(|r: &Regex| r.find(text)) {
                text = text.get(found.end()..).unwrap_or("");
            }
            if let Some(found) = end.as_ref().and_then(|r: &Regex| r.find(text)) {
                text = text.get(..found.start()).unwrap_or("");
            }
            out.push_str(text);
        })
    }))
}
