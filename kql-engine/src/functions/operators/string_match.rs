//! `has`, `contains`, `startswith`, `=~` and similar operators: one needle, compiled once if it is constant.

use super::Polarity;
use crate::functions::kernel;
use crate::registry::{
    Call, CallInfo, Eval, Kernel, ParameterType::Is, ResultName, Returns, ScalarFunction, Signature, p, sig,
};
use crate::types::ScalarType::{Bool, String};
use arrow::array::{AsArray, BooleanArray};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::ColumnarValue;
use kql_scan::text::{Case, Matcher, Mode};
use std::sync::Arc;

static SIGNATURES: [Signature; 1] = [sig(&[p("text", Is(String)), p("search", Is(String))], Returns::Is(Bool))];

macro_rules! string_match {
    ($row:ident, $name:literal, $mode:ident $case:ident $polarity:ident, $summary:literal) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &SIGNATURES,
            result_name: ResultName::None,
            summary: $summary,
            page: "operator:datatypes-string-operators",
            eval: Eval::Compiled(|info| Ok(compile(info, Mode::$mode, Case::$case, Polarity::$polarity))),
        };
    };
}

string_match!(EQUAL_TILDE, "=~", Equals Insensitive Positive, "True where the texts are the same without regard to case.");
string_match!(BANG_TILDE, "!~", Equals Insensitive Negative, "True where the texts differ, without regard to case.");
string_match!(HAS, "has", Has Insensitive Positive, "True where the text has the term.");
string_match!(NOT_HAS, "!has", Has Insensitive Negative, "True where the text does not have the term.");
string_match!(HAS_CS, "has_cs", Has Sensitive Positive, "True where the text has the term, with regard to case.");
string_match!(NOT_HAS_CS, "!has_cs", Has Sensitive Negative, "True where the text does not have the term, with regard to case.");
string_match!(HASPREFIX, "hasprefix", HasPrefix Insensitive Positive, "True where a term of the text starts so.");
string_match!(NOT_HASPREFIX, "!hasprefix", HasPrefix Insensitive Negative, "True where no term of the text starts so.");
string_match!(HASPREFIX_CS, "hasprefix_cs", HasPrefix Sensitive Positive, "True where a term of the text starts so, with regard to case.");
string_match!(NOT_HASPREFIX_CS, "!hasprefix_cs", HasPrefix Sensitive Negative, "True where no term of the text starts so, with regard to case.");
string_match!(HASSUFFIX, "hassuffix", HasSuffix Insensitive Positive, "True where a term of the text ends so.");
string_match!(NOT_HASSUFFIX, "!hassuffix", HasSuffix Insensitive Negative, "True where no term of the text ends so.");
string_match!(HASSUFFIX_CS, "hassuffix_cs", HasSuffix Sensitive Positive, "True where a term of the text ends so, with regard to case.");
string_match!(NOT_HASSUFFIX_CS, "!hassuffix_cs", HasSuffix Sensitive Negative, "True where no term of the text ends so, with regard to case.");
string_match!(CONTAINS, "contains", Contains Insensitive Positive, "True where the text holds the other anywhere.");
string_match!(NOT_CONTAINS, "!contains", Contains Insensitive Negative, "True where the text does not hold the other.");
string_match!(CONTAINS_CS, "contains_cs", Contains Sensitive Positive, "True where the text holds the other anywhere, with regard to case.");
string_match!(NOT_CONTAINS_CS, "!contains_cs", Contains Sensitive Negative, "True where the text does not hold the other, with regard to case.");
string_match!(STARTSWITH, "startswith", StartsWith Insensitive Positive, "True where the text starts so.");
string_match!(NOT_STARTSWITH, "!startswith", StartsWith Insensitive Negative, "True where the text does not start so.");
string_match!(STARTSWITH_CS, "startswith_cs", StartsWith Sensitive Positive, "True where the text starts so, with regard to case.");
string_match!(NOT_STARTSWITH_CS, "!startswith_cs", StartsWith Sensitive Negative, "True where the text does not start so, with regard to case.");
string_match!(ENDSWITH, "endswith", EndsWith Insensitive Positive, "True where the text ends so.");
string_match!(NOT_ENDSWITH, "!endswith", EndsWith Insensitive Negative, "True where the text does not end so.");
string_match!(ENDSWITH_CS, "endswith_cs", EndsWith Sensitive Positive, "True where the text ends so, with regard to case.");
string_match!(NOT_ENDSWITH_CS, "!endswith_cs", EndsWith Sensitive Negative, "True where the text does not end so, with regard to case.");

fn compile(info: &CallInfo, mode: Mode, case: Case, polarity: Polarity) -> Box<dyn Kernel> {
    if let Some(needle) = info.text(1) {
        let matcher = Matcher::new(&[needle], mode, case);
        return Box::new(move |call: &Call| any(call, &matcher, polarity));
    }
    Box::new(move |call: &Call| {
        let (texts, needles) = (call.strings(0)?, call.strings(1)?);
        // needles in a column often repeat
        let mut last: Option<(std::string::String, Matcher)> = None;
        kernel::bools(call.rows, |i| {
            let needle = needles.get(i);
            if last.as_ref().is_none_or(|(n, _)| n != needle) {
                last = Some((needle.to_owned(), Matcher::new(&[needle], mode, case)));
            }
            Some(polarity.of(last.as_ref().is_some_and(|(_, m)| m.is_match(texts.get(i)))))
        })
    })
}

/// Whether any needle is in the texts, over the whole column at once.
pub(super) fn any(call: &Call, matcher: &Matcher, polarity: Polarity) -> Result<ColumnarValue> {
    match call.args.first() {
        Some(ColumnarValue::Scalar(ScalarValue::Utf8(text))) => {
            let found = polarity.of(matcher.is_match(text.as_deref().unwrap_or("")));
            Ok(ColumnarValue::Scalar(ScalarValue::Boolean(Some(found))))
        }
        _ => {
            let array = call.array(0)?;
            let found = matcher.any(array.as_string::<i32>());
            Ok(ColumnarValue::Array(Arc::new(BooleanArray::new(polarity.of_all(found), None))))
        }
    }
}
