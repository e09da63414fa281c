//! `punycode_from_string()`, `punycode_to_string()` and the functions for domain names, whose parts start with `xn--`.

use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, Signature, p, sig};
use crate::types::ScalarType;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use idna::punycode::{decode_to_string, encode_str};

static SIGNATURES: [Signature; 1] = [sig(&[p("string", Is(ScalarType::String))], Returns::Is(ScalarType::String))];

macro_rules! punycode {
    ($row:ident, $name:literal, $page:literal, $summary:literal, $of:expr) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &SIGNATURES,
            result_name: ResultName::None,
            summary: $summary,
            page: $page,
            eval: Eval::Kernel(|call| run(call, $of)),
        };
    };
}

punycode!(
    FROM_STRING,
    "punycode_from_string",
    "punycode-from-string-function",
    "The text in Punycode, without the prefix xn--.",
    |text| encode_str(text).unwrap_or_default()
);
punycode!(
    TO_STRING,
    "punycode_to_string",
    "punycode-to-string-function",
    "The text that Punycode without the prefix xn-- stands for; empty where it is not valid.",
    |text| decode_to_string(text).unwrap_or_default()
);
punycode!(
    DOMAIN_TO_STRING,
    "punycode_domain_to_string",
    "punycode-domain-to-string-function",
    "A domain name with its parts in Punycode, xn-- before those that need it.",
    |text| parts(text, |part| {
        if part.is_ascii() { Some(part.to_owned()) } else { encode_str(part).map(|p| format!("xn--{p}")) }
    })
);
punycode!(
    DOMAIN_FROM_STRING,
    "punycode_domain_from_string",
    "punycode-domain-from-string-function",
    "The domain name that one with parts in Punycode stands for; empty where it is not valid.",
    |text| parts(text, |part| match part.get(..4) {
        Some(prefix) if prefix.eq_ignore_ascii_case("xn--") => decode_to_string(part.get(4..)?),
        _ => Some(part.to_owned()),
    })
);

fn run(call: &Call, of: fn(&str) -> String) -> Result<ColumnarValue> {
    let texts = call.strings(0)?;
    kernel::strings(call.rows, |i, out| out.push_str(&of(texts.get(i))))
}

/// The separators of the parts of a domain name, as RFC 3490 lists them.
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

fn parts(domain: &str, of: fn(&str) -> Option<String>) -> String {
    domain.split(DOTS).map(of).collect::<Option<Vec<_>>>().map(|parts| parts.join(".")).unwrap_or_default()
}
