//! `parse_version()`
//!
//! The number has 32 digits.

use crate::decimal;
use crate::functions::kernel;
use crate::registry::{Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::{Decimal, String};

pub static PARSE_VERSION: ScalarFunction = ScalarFunction {
    name: "parse_version",
    aliases: &[],
    signatures: &[sig(&[p("version", Is(String))], Returns::Is(Decimal))],
    result_name: ResultName::None,
    summary: "A version of up to four numbers as a decimal that sorts like the version; null if the text is not a \
              valid version.",
    page: "parse-version-function",
    eval: Eval::Kernel(|call| {
        let versions = call.strings(0)?;
        kernel::decimals(call.rows, |i| number(versions.get(i)).and_then(decimal::whole))
    }),
};

/// Eight digits for each part, missing parts as 0.
fn number(version: &str) -> Option<i128> {
    let mut parts = version.trim().split('.');
    let mut number = 0i128;
    for _ in 0..4 {
        let part = match parts.next() {
            Some(part) if (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()) => {
                part.parse::<i128>().ok()?
            }
            Some(_) => return None,
            None => 0,
        };
        number = number * 100_000_000 + part;
    }
    parts.next().is_none().then_some(number)
}
