//! `unicode_codepoints_from_string()`, `unicode_codepoints_to_string()`

use crate::dynamic::read::{self, Kind};
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{OneOf, Scalar},
    ResultName, Returns, ScalarFunction, p, repeated, sig,
};
use crate::types::ScalarType::{Dynamic, Long, String};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use std::fmt::Write;

pub static FROM_STRING: ScalarFunction = ScalarFunction {
    name: "unicode_codepoints_from_string",
    aliases: &["to_utf8"],
    signatures: &[sig(&[p("value", Scalar)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "An array of the text's Unicode code points.",
    page: "unicode-codepoints-from-string-function",
    eval: Eval::Kernel(from_string),
};

pub static TO_STRING: ScalarFunction = ScalarFunction {
    name: "unicode_codepoints_to_string",
    aliases: &["make_string"],
    signatures: &[sig(&[repeated("value", OneOf(&[Long, Dynamic]), 32767)], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "Text made of Unicode code points, given as numbers or in arrays.",
    page: "unicode-codepoints-to-string-function",
    eval: Eval::Kernel(to_string),
};

fn from_string(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    let mut text = std::string::String::new();
    kernel::texts(call.rows, |i, out| {
        text.clear();
        value.text(i, &mut text);
        out.push('[');
        for (n, c) in text.chars().enumerate() {
            let _ = if n > 0 { write!(out, ",{}", c as u32) } else { write!(out, "{}", c as u32) };
        }
        out.push(']');
        true
    })
}

fn to_string(call: &Call) -> Result<ColumnarValue> {
    let args = (0..call.len()).map(|n| Arg::new(call, n)).collect::<Result<Vec<_>>>()?;
    let push = |code: i64, out: &mut std::string::String| {
        if let Some(c) = u32::try_from(code).ok().and_then(char::from_u32) {
            out.push(c);
        }
    };
    kernel::strings(call.rows, |i, out| {
        for arg in &args {
            match arg {
                Arg::Long(v) => {
                    if let Some(code) = v.get(i) {
                        push(code, out);
                    }
                }
                Arg::Dynamic(v) => match v.option(i) {
                    Some(json) if read::kind(json) == Kind::Array => {
                        read::elements(json).filter_map(|item| item.parse().ok()).for_each(|code| push(code, out));
                    }
                    Some(json) => {
                        if let Ok(code) = json.parse() {
                            push(code, out);
                        }
                    }
                    None => {}
                },
                _ => {}
            }
        }
    })
}
