//! `indexof()`, `indexof_regex()`: positions are code points, counted from 0.

use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::functions::operators::pattern_of;
use crate::registry::{
    ArgumentKind, Call, CallInfo, Eval, Kernel,
    ParameterType::{Is, Scalar},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::types::ScalarType::Long;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static INDEXOF: ScalarFunction = ScalarFunction {
    name: "indexof",
    aliases: &[],
    signatures: &[sig(
        &[
            p("string", Scalar),
            p("match", Scalar),
            optional("start", Is(Long)),
            optional("length", Is(Long)),
            optional("occurrence", Is(Long)).kind(ArgumentKind::Constant),
        ],
        Returns::Is(Long),
    )],
    result_name: ResultName::None,
    summary: "The position of a string in a text: -1 if the text does not contain it, null if the string is \
              empty; optionally from a start position, over a number of positions.",
    page: "indexof-function",
    eval: Eval::Kernel(run),
};

pub static INDEXOF_REGEX: ScalarFunction = ScalarFunction {
    name: "indexof_regex",
    aliases: &[],
    signatures: &[sig(
        &[
            p("string", Scalar),
            p("match", Scalar).kind(ArgumentKind::Constant),
            optional("start", Is(Long)),
            optional("length", Is(Long)),
            optional("occurrence", Is(Long)).kind(ArgumentKind::Constant),
        ],
        Returns::Is(Long),
    )],
    result_name: ResultName::None,
    summary: "The position of a match of a regular expression; -1 if nothing matches.",
    page: "indexof-regex-function",
    eval: Eval::Compiled(compile),
};

/// The part of the text in which a match may start, in bytes.
struct Window {
    from: usize,
    to: usize,
}

/// `None` if the arguments are not valid. A match starts in the window and can end after it.
fn window(text: &str, start: i64, length: i64) -> Option<Window> {
    if length < -1 {
        return None;
    }
    let byte_of = |position: i64| -> usize {
        let position = usize::try_from(position).unwrap_or(usize::MAX);
        if text.is_ascii() {
            return position.min(text.len());
        }
        text.char_indices().nth(position).map_or(text.len(), |(at, _)| at)
    };
    // one after the last position where an empty match can start
    let to = if length < 0 { text.len() + 1 } else { byte_of(start.saturating_add(length)) };
    Some(Window { from: byte_of(start), to })
}

fn position(text: &str, byte: usize) -> i64 {
    let before = text.get(..byte).unwrap_or("");
    if before.is_ascii() { byte as i64 } else { before.chars().count() as i64 }
}

fn run(call: &Call) -> Result<ColumnarValue> {
    let (source, lookup) = (Arg::new(call, 0)?, Arg::new(call, 1)?);
    let (start, length, occurrence) = (call.longs_or(2, 0)?, call.longs_or(3, -1)?, call.longs_or(4, 1)?);
    let (mut text, mut needle) = (String::new(), String::new());
    kernel::longs(call.rows, |i| {
        text.clear();
        needle.clear();
        source.text(i, &mut text);
        lookup.text(i, &mut needle);
        if needle.is_empty() {
            return None;
        }
        let mut start = start.get(i)?;
        if start < 0 {
            start = start.saturating_add(text.chars().count() as i64).max(0);
        }
        let window = window(&text, start, length.get(i)?)?;
        let occurrence = occurrence.get(i).filter(|n| *n >= 0)?;
        let finder = memchr::memmem::Finder::new(needle.as_bytes());
        let mut found = finder.find_iter(text.as_bytes().get(window.from..).unwrap_or(&[])).map(|at| at + window.from);
        Some(pick(&text, &mut found, occurrence, window.to))
    })
}

fn compile(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    let regex = pattern_of(info.text(1).unwrap_or(""))?;
    Ok(Box::new(move |call: &Call| {
        let source = Arg::new(call, 0)?;
        let (start, length, occurrence) = (call.longs_or(2, 0)?, call.longs_or(3, -1)?, call.longs_or(4, 1)?);
        let mut text = String::new();
        kernel::longs(call.rows, |i| {
            text.clear();
            source.text(i, &mut text);
            let window = window(&text, start.get(i).filter(|s| *s >= 0)?, length.get(i)?)?;
            let occurrence = occurrence.get(i).filter(|n| *n >= 0)?;
            let rest = text.get(window.from..).unwrap_or("");
            let mut found = regex.find_iter(rest).map(|m| m.start() + window.from);
            Some(pick(&text, &mut found, occurrence, window.to))
        })
    }))
}

/// The position of the occurrence, if it starts before byte `to`.
fn pick(text: &str, found: &mut dyn Iterator<Item = usize>, occurrence: i64, to: usize) -> i64 {
    let nth = usize::try_from(occurrence.max(1) - 1).unwrap_or(usize::MAX);
    match found.take_while(|at| *at < to).nth(nth) {
        Some(at) => position(text, at),
        None => -1,
    }
}
