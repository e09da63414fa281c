//! `has`, `contains`, `startswith`, `=~` and similar operators: one needle, compiled once if it is constant.

use crate::functions::kernel;
use crate::registry::{
    Call, CallInfo, Eval, Kernel, ParameterType::Is, ResultName, Returns, ScalarFunction, Signature, p, sig,
};
use crate::types::ScalarType::{Bool, String};
use arrow::array::{AsArray, BooleanArray};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::ColumnarValue;
use kql_scan::text::{Matcher, Mode};
use std::sync::Arc;

static SIGNATURES: [Signature; 1] = [sig(&[p("text", Is(String)), p("search", Is(String))], Returns::Is(Bool))];

macro_rules! string_match {
    ($row:ident, $name:literal, $mode:ident, cs: $case_sensitive:literal, not: $negated:literal, $summary:literal) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &SIGNATURES,
            result_name: ResultName::None,
            summary: $summary,
            page: "operator:datatypes-string-operators",
            eval: Eval::Compiled(|info| Ok(compile(info, Mode::$mode, $case_sensitive, $negated))),
        };
    };
}

string_match!(EQUAL_TILDE, "=~", Equals, cs: false, not: false, "True where the texts are the same without regard to case.");
string_match!(BANG_TILDE, "!~", Equals, cs: false, not: true, "True where the texts differ, without regard to case.");
string_match!(HAS, "has", Has, cs: false, not: false, "True where the text has the term.");
string_match!(NOT_HAS, "!has", Has, cs: false, not: true, "True where the text does not have the term.");
string_match!(HAS_CS, "has_cs", Has, cs: true, not: false, "True where the text has the term, with regard to case.");
string_match!(NOT_HAS_CS, "!has_cs", Has, cs: true, not: true, "True where the text does not have the term, with regard to case.");
string_match!(HASPREFIX, "hasprefix", HasPrefix, cs: false, not: false, "True where a term of the text starts so.");
string_match!(NOT_HASPREFIX, "!hasprefix", HasPrefix, cs: false, not: true, "True where no term of the text starts so.");
string_match!(HASPREFIX_CS, "hasprefix_cs", HasPrefix, cs: true, not: false, "True where a term of the text starts so, with regard to case.");
string_match!(NOT_HASPREFIX_CS, "!hasprefix_cs", HasPrefix, cs: true, not: true, "True where no term of the text starts so, with regard to case.");
string_match!(HASSUFFIX, "hassuffix", HasSuffix, cs: false, not: false, "True where a term of the text ends so.");
string_match!(NOT_HASSUFFIX, "!hassuffix", HasSuffix, cs: false, not: true, "True where no term of the text ends so.");
string_match!(HASSUFFIX_CS, "hassuffix_cs", HasSuffix, cs: true, not: false, "True where a term of the text ends so, with regard to case.");
string_match!(NOT_HASSUFFIX_CS, "!hassuffix_cs", HasSuffix, cs: true, not: true, "True where no term of the text ends so, with regard to case.");
string_match!(CONTAINS, "contains", Contains, cs: false, not: false, "True where the text holds the other anywhere.");
string_match!(NOT_CONTAINS, "!contains", Contains, cs: false, not: true, "True where the text does not hold the other.");
string_match!(CONTAINS_CS, "contains_cs", Contains, cs: true, not: false, "True where the text holds the other anywhere, with regard to case.");
string_match!(NOT_CONTAINS_CS, "!contains_cs", Contains, cs: true, not: true, "True where the text does not hold the other, with regard to case.");
string_match!(STARTSWITH, "startswith", StartsWith, cs: false, not: false, "True where the text starts so.");
string_match!(NOT_STARTSWITH, "!startswith", StartsWith, cs: false, not: true, "True where the text does not start so.");
string_match!(STARTSWITH_CS, "startswith_cs", StartsWith, cs: true, not: false, "True where the text starts so, with regard to case.");
string_match!(NOT_STARTSWITH_CS, "!startswith_cs", StartsWith, cs: true, not: true, "True where the text does not start so, with regard to case.");
string_match!(ENDSWITH, "endswith", EndsWith, cs: false, not: false, "True where the text ends so.");
string_match!(NOT_ENDSWITH, "!endswith", EndsWith, cs: false, not: true, "True where the text does not end so.");
string_match!(ENDSWITH_CS, "endswith_cs", EndsWith, cs: true, not: false, "True where the text ends so, with regard to case.");
string_match!(NOT_ENDSWITH_CS, "!endswith_cs", EndsWith, cs: true, not: true, "True where the text does not end so, with regard to case.");

fn compile(info: &CallInfo, mode: Mode, case_sensitive: bool, negated: bool) -> Box<dyn Kernel> {
    if let Some(needle) = info.text(1) {
        let matcher = Matcher::new(&[needle], mode, case_sensitive);
        return Box::new(move |call: &Call| any(call, &matcher, negated));
    }
    Box::new(move |call: &Call| {
        let (texts, needles) = (call.strings(0)?, call.strings(1)?);
        // needles in a column often repeat
        let mut last: Option<(std::string::String, Matcher)> = None;
        kernel::bools(call.rows, |i| {
            let needle = needles.get(i);
            if last.as_ref().is_none_or(|(n, _)| n != needle) {
                last = Some((needle.to_owned(), Matcher::new(&[needle], mode, case_sensitive)));
            }
            Some(last.as_ref().is_some_and(|(_, m)| m.is_match(texts.get(i))) != negated)
        })
    })
}

/// Whether any needle is in the texts, over the whole column at once.
pub(super) fn any(call: &Call, matcher: &Matcher, negated: bool) -> Result<ColumnarValue> {
    match call.args.first() {
        Some(ColumnarValue::Scalar(ScalarValue::Utf8(text))) => {
            let found = matcher.is_match(text.as_deref().unwrap_or("")) != negated;
            Ok(ColumnarValue::Scalar(ScalarValue::Boolean(Some(found))))
        }
        _ => {
            let array = call.array(0)?;
            let found = matcher.any(array.as_string::<i32>());
            Ok(ColumnarValue::Array(Arc::new(BooleanArray::new(if negated { !&found } else { found }, None))))
        }
    }
}
