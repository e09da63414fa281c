//! `url_encode()`, `url_encode_component()`, `url_decode()`

use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::String;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use std::fmt::Write;

pub static URL_ENCODE: ScalarFunction = ScalarFunction {
    name: "url_encode",
    aliases: &[],
    signatures: &[sig(&[p("url", Is(String))], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "Percent-encodes the characters that are not allowed in a URL; a space becomes +.",
    page: "url-encode-function",
    eval: Eval::Kernel(|call| encode(call, "+")),
};

pub static URL_ENCODE_COMPONENT: ScalarFunction = ScalarFunction {
    name: "url_encode_component",
    aliases: &[],
    signatures: &[sig(&[p("url", Is(String))], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "Percent-encodes the characters that are not allowed in a URL; a space becomes %20.",
    page: "url-encode-component-function",
    eval: Eval::Kernel(|call| encode(call, "%20")),
};

pub static URL_DECODE: ScalarFunction = ScalarFunction {
    name: "url_decode",
    aliases: &[],
    signatures: &[sig(&[p("encoded_url", Is(String))], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "Decodes percent-encoded text; + becomes a space.",
    page: "url-decode-function",
    eval: Eval::Kernel(decode),
};

fn encode(call: &Call, space: &str) -> Result<ColumnarValue> {
    let texts = call.strings(0)?;
    kernel::strings(call.rows, |i, out| {
        for byte in texts.get(i).bytes() {
            match byte {
                b' ' => out.push_str(space),
                b'-' | b'_' | b'.' | b'!' | b'*' | b'(' | b')' => out.push(char::from(byte)),
                byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
                byte => _ = write!(out, "%{byte:02x}"),
            }
        }
    })
}

fn decode(call: &Call) -> Result<ColumnarValue> {
    let texts = call.strings(0)?;
    kernel::strings(call.rows, |i, out| {
        let plus = texts.get(i).replace('+', " ");
        out.push_str(&percent_encoding::percent_decode_str(&plus).decode_utf8_lossy());
    })
}
