//! `hash_md5()`, `hash_sha1()`, `hash_sha256()` of the text that `tostring()` returns; the hash of an empty text is empty.

use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::NotDynamic, ResultName, Returns, ScalarFunction, Signature, p, sig};
use crate::types::ScalarType::String;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::fmt::Write;

static SIGNATURES: [Signature; 1] = [sig(&[p("source", NotDynamic)], Returns::Is(String))];

macro_rules! digest {
    ($row:ident, $name:literal, $page:literal, $summary:literal, $hasher:ty) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &SIGNATURES,
            result_name: ResultName::None,
            summary: $summary,
            page: $page,
            eval: Eval::Kernel(run::<$hasher>),
        };
    };
}

digest!(HASH_MD5, "hash_md5", "hash-md5-function", "The MD5 hash of the value's text, in hexadecimal digits.", Md5);
digest!(
    HASH_SHA1,
    "hash_sha1",
    "hash-sha1-function",
    "The SHA-1 hash of the value's text, in hexadecimal digits.",
    Sha1
);
digest!(
    HASH_SHA256,
    "hash_sha256",
    "hash-sha256-function",
    "The SHA-256 hash of the value's text, in hexadecimal digits.",
    Sha256
);

fn run<D: Digest>(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    let mut text = std::string::String::new();
    kernel::strings(call.rows, |i, out| {
        text.clear();
        value.text(i, &mut text);
        if text.is_empty() {
            return;
        }
        for byte in D::digest(text.as_bytes()).iter() {
            let _ = write!(out, "{byte:02x}");
        }
    })
}
