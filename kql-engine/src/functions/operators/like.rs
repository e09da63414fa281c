//! `like` and similar operators: old operators in which `*` stands for any text.

use crate::functions::kernel;
use crate::registry::{
    Call, CallInfo, Eval, Kernel, ParameterType::Is, ResultName, Returns, ScalarFunction, Signature, p, sig,
};
use crate::types::ScalarType::{Bool, String};
use datafusion::common::Result;

static SIGNATURES: [Signature; 1] = [sig(&[p("text", Is(String)), p("pattern", Is(String))], Returns::Is(Bool))];

macro_rules! like {
    ($row:ident, $name:literal, $case_sensitive:literal, $negated:literal, $summary:literal) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &SIGNATURES,
            result_name: ResultName::None,
            summary: $summary,
            page: "operator:datatypes-string-operators",
            eval: Eval::Compiled(|info| compile(info, $case_sensitive, $negated)),
        };
    };
}

like!(
    LIKE,
    "like",
    false,
    false,
    "True where the text fits the pattern, in which * is any text; without regard to case."
);
like!(NOT_LIKE, "notlike", false, true, "True where the text does not fit the pattern; without regard to case.");
like!(LIKE_CS, "like_cs", true, false, "True where the text fits the pattern, in which * is any text.");
like!(NOT_LIKE_CS, "notlike_cs", true, true, "True where the text does not fit the pattern.");

fn compile(info: &CallInfo, case_sensitive: bool, negated: bool) -> Result<Box<dyn Kernel>> {
    let pattern = info.text(1).map(|p| regex_of(p, case_sensitive)).transpose()?;
    Ok(Box::new(move |call: &Call| {
        let (texts, patterns) = (call.strings(0)?, call.strings(1)?);
        kernel::bools(call.rows, |i| {
            let found = match &pattern {
                Some(regex) => regex.is_match(texts.get(i)),
                None => regex_of(patterns.get(i), case_sensitive).is_ok_and(|r| r.is_match(texts.get(i))),
            };
            Some(found != negated)
        })
    }))
}

fn regex_of(pattern: &str, case_sensitive: bool) -> Result<regex::Regex> {
    let parts: Vec<std::string::String> = pattern.split('*').map(regex::escape).collect();
    let case = if case_sensitive { "" } else { "i" };
    super::matches_regex::pattern_of(&format!("(?s{case})\\A{}\\z", parts.join(".*")))
}
