//! `substring()`

use crate::functions::conversion::Arg;
use crate::functions::kernel::{self, Longs};
use crate::registry::{
    Call, Eval,
    ParameterType::{Is, Scalar},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::types::ScalarType::{Long, String};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static SUBSTRING: ScalarFunction = ScalarFunction {
    name: "substring",
    aliases: &[],
    signatures: &[sig(&[p("source", Scalar), p("start", Is(Long)), optional("length", Is(Long))], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "A part of the text from a start position (0-based; negative counts from the end), optionally of a \
              maximum length.",
    page: "substring-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    let start = call.longs(1)?;
    let length = if call.len() > 2 { call.longs(2)? } else { Longs::Scalar(Some(i64::MAX)) };
    let mut text = std::string::String::new();
    kernel::strings(call.rows, |i, out| {
        let (Some(start), Some(length)) = (start.get(i), length.get(i)) else { return };
        text.clear();
        value.text(i, &mut text);
        out.push_str(part(&text, start, length));
    })
}

/// `length` characters from character `start`; empty if the start is before the text.
fn part(text: &str, start: i64, length: i64) -> &str {
    let ascii = text.is_ascii();
    let start = if start >= 0 { start } else { start + if ascii { text.len() } else { text.chars().count() } as i64 };
    if start < 0 {
        return "";
    }
    let skip = usize::try_from(start).unwrap_or(usize::MAX);
    let length = usize::try_from(length.max(0)).unwrap_or(usize::MAX);
    if ascii {
        let size = text.len();
        let from = skip.min(size);
        return text.get(from..from.saturating_add(length).min(size)).unwrap_or("");
    }
    let mut places = text.char_indices().map(|(at, _)| at).skip(skip);
    let Some(first) = places.next() else { return "" };
    let end = match length {
        0 => first,
        n => places.nth(n - 1).unwrap_or(text.len()),
    };
    text.get(first..end).unwrap_or("")
}
