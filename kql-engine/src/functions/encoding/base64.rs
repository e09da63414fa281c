//! Base64 from and to strings, arrays of bytes and guids. Invalid text, including missing padding, returns null or an
//! empty string.

use crate::dynamic::read;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{DynamicArray, Is},
    ResultName, Returns, ScalarFunction, Signature, p, sig,
};
use crate::types::ScalarType::{Dynamic, Guid, String};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use std::fmt::Write;

static TO_STRING: [Signature; 1] = [sig(&[p("base64_string", Is(String))], Returns::Is(String))];

pub static BASE64_ENCODE_TOSTRING: ScalarFunction = ScalarFunction {
    name: "base64_encode_tostring",
    aliases: &["base64_encodestring"],
    signatures: &[sig(&[p("string", Is(String))], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "Encodes the text, as UTF-8, in Base64.",
    page: "base64-encode-tostring-function",
    eval: Eval::Kernel(|call| {
        let texts = call.strings(0)?;
        kernel::strings(call.rows, |i, out| STANDARD.encode_string(texts.get(i), out))
    }),
};

pub static BASE64_DECODE_TOSTRING: ScalarFunction = ScalarFunction {
    name: "base64_decode_tostring",
    aliases: &["base64_decodestring"],
    signatures: &TO_STRING,
    result_name: ResultName::None,
    summary: "Decodes Base64 to UTF-8 text; empty if the input is not valid Base64 or the result is not valid \
              UTF-8.",
    page: "base64-decode-tostring-function",
    eval: Eval::Kernel(|call| {
        let texts = call.strings(0)?;
        let mut bytes = Vec::new();
        kernel::strings(call.rows, |i, out| {
            bytes.clear();
            if STANDARD.decode_vec(texts.get(i), &mut bytes).is_ok() {
                out.push_str(std::str::from_utf8(&bytes).unwrap_or(""));
            }
        })
    }),
};

pub static BASE64_DECODE_TOARRAY: ScalarFunction = ScalarFunction {
    name: "base64_decode_toarray",
    aliases: &[],
    signatures: &[sig(&[p("base64_string", Is(String))], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "Decodes Base64 to an array of bytes; null if the input is not valid Base64.",
    page: "base64-decode-toarray-function",
    eval: Eval::Kernel(to_array),
};

pub static BASE64_ENCODE_FROMARRAY: ScalarFunction = ScalarFunction {
    name: "base64_encode_fromarray",
    aliases: &[],
    signatures: &[sig(&[p("base64_string_decoded_as_array", DynamicArray)], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "Encodes an array of bytes in Base64; empty if the argument is not an array of bytes.",
    page: "base64-encode-fromarray-function",
    eval: Eval::Kernel(from_array),
};

pub static BASE64_DECODE_TOGUID: ScalarFunction = ScalarFunction {
    name: "base64_decode_toguid",
    aliases: &[],
    signatures: &[sig(&[p("base64_string", Is(String))], Returns::Is(Guid))],
    result_name: ResultName::None,
    summary: "Decodes the 16 bytes of a guid from Base64.",
    page: "base64-decode-toguid-function",
    eval: Eval::Kernel(|call| {
        let texts = call.strings(0)?;
        kernel::texts(call.rows, |i, out| {
            let bytes = STANDARD.decode(texts.get(i)).ok();
            let guid = bytes.and_then(|bytes| uuid::Uuid::from_slice_le(&bytes).ok());
            guid.map(|guid| _ = write!(out, "{}", guid.hyphenated())).is_some()
        })
    }),
};

pub static BASE64_ENCODE_FROMGUID: ScalarFunction = ScalarFunction {
    name: "base64_encode_fromguid",
    aliases: &[],
    signatures: &[sig(&[p("guid", Is(Guid))], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "Encodes the 16 bytes of a guid in Base64.",
    page: "base64-encode-fromguid-function",
    eval: Eval::Kernel(|call| {
        let guids = call.strings(0)?;
        kernel::strings(call.rows, |i, out| {
            if let Some(guid) = guids.option(i).and_then(|text| uuid::Uuid::parse_str(text).ok()) {
                STANDARD.encode_string(guid.to_bytes_le(), out);
            }
        })
    }),
};

fn to_array(call: &Call) -> Result<ColumnarValue> {
    let texts = call.strings(0)?;
    kernel::texts(call.rows, |i, out| {
        let Ok(bytes) = STANDARD.decode(texts.get(i)) else { return false };
        out.push('[');
        for (n, byte) in bytes.iter().enumerate() {
            let _ = if n > 0 { write!(out, ",{byte}") } else { write!(out, "{byte}") };
        }
        out.push(']');
        true
    })
}

fn from_array(call: &Call) -> Result<ColumnarValue> {
    let arrays = call.strings(0)?;
    kernel::strings(call.rows, |i, out| {
        let bytes: Option<Vec<u8>> =
            read::array(arrays.get(i)).and_then(|items| items.iter().map(|item| item.parse().ok()).collect());
        if let Some(bytes) = bytes {
            STANDARD.encode_string(bytes, out);
        }
    })
}
