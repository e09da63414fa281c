//! `like` and similar operators: old operators in which `*` stands for any text.

use super::Polarity;
use crate::functions::kernel;
use crate::registry::{
    Call, CallInfo, Eval, Kernel, ParameterType::Is, ResultName, Returns, ScalarFunction, Signature, p, sig,
};
use crate::types::ScalarType::{Bool, String};
use datafusion::common::Result;
use kql_scan::text::Case;

static SIGNATURES: [Signature; 1] = [sig(&[p("text", Is(String)), p("pattern", Is(String))], Returns::Is(Bool))];

macro_rules! like {
    ($row:ident, $name:literal, $case:ident, $polarity:ident, $summary:literal) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &SIGNATURES,
            result_name: ResultName::None,
            summary: $summary,
            page: "operator:datatypes-string-operators",
            eval: Eval::Compiled(|info| compile(info, Case::$case, Polarity::$polarity)),
        };
    };
}

like!(
    LIKE,
    "like",
    Insensitive,
    Positive,
    "True where the text fits the pattern, in which * is any text; without regard to case."
);
like!(
    NOT_LIKE,
    "notlike",
    Insensitive,
    Negative,
    "True where the text does not fit the pattern; without regard to case."
);
like!(LIKE_CS, "like_cs", Sensitive, Positive, "True where the text fits the pattern, in which * is any text.");
like!(NOT_LIKE_CS, "notlike_cs", Sensitive, Negative, "True where the text does not fit the pattern.");

fn compile(info: &CallInfo, case: Case, polarity: Polarity) -> Result<Box<dyn Kernel>> {
    let pattern = info.text(1).map(|p| regex_of(p, case)).transpose()?;
    Ok(Box::new(move |call: &Call| {
        let (texts, patterns) = (call.strings(0)?, call.strings(1)?);
        kernel::bools(call.rows, |i| {
            let found = match &pattern {
                Some(regex) => regex.is_match(texts.get(i)),
                None => regex_of(patterns.get(i), case).is_ok_and(|r| r.is_match(texts.get(i))),
            };
            Some(polarity.of(found))
        })
    }))
}

fn regex_of(pattern: &str, case: Case) -> Result<regex::Regex> {
    let parts: Vec<std::string::String> = pattern.split('*').map(regex::escape).collect();
    let flag = if case == Case::Sensitive { "" } else { "i" };
    super::matches_regex::pattern_of(&format!("(?s{flag})\\A{}\\z", parts.join(".*")))
}
