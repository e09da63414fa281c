//! Texts without which an operator cannot be true.

use super::{comparison, membership, string_match};
use crate::registry::{CallInfo, ScalarFunction};
use crate::types::ScalarType;
use crate::value::Value;

/// The functions that are true only for texts that have their constant argument somewhere, whatever its case.
static ONE: [&ScalarFunction; 14] = [
    &comparison::EQUAL,
    &string_match::EQUAL_TILDE,
    &string_match::HAS,
    &string_match::HAS_CS,
    &string_match::HASPREFIX,
    &string_match::HASPREFIX_CS,
    &string_match::HASSUFFIX,
    &string_match::HASSUFFIX_CS,
    &string_match::CONTAINS,
    &string_match::CONTAINS_CS,
    &string_match::STARTSWITH,
    &string_match::STARTSWITH_CS,
    &string_match::ENDSWITH,
    &string_match::ENDSWITH_CS,
];

/// The same with several constants, one of which must be there.
static ANY: [&ScalarFunction; 3] = [&membership::IN, &membership::IN_CS, &membership::HAS_ANY];

/// The texts of which one at least is in every text for which the operator is true, whatever its case: for
/// `has_any ("a", "b")` these are `a` and `b`. `None` if there are none such; the first argument is not looked at.
pub fn required_texts(function: &ScalarFunction, info: &CallInfo) -> Option<Vec<String>> {
    if info.types.first() != Some(&ScalarType::String) {
        return None;
    }
    let texts = if ANY.contains(&function) {
        membership::texts_of(info)?
    } else if function == &membership::HAS_ALL {
        // each must be there, so the longest must be
        vec![membership::texts_of(info)?.into_iter().max_by_key(String::len)?]
    } else if ONE.contains(&function) && info.types.get(1) == Some(&ScalarType::String) {
        vec![info.text(1)?.to_owned()]
    } else {
        return None;
    };
    texts.iter().all(|text| !text.is_empty()).then_some(texts)
}

/// Whether a function returns its text with the case of letters changed, or unchanged: where a condition requires a text of its
/// result, whatever its case, the text is in the argument too, with its letters as they are, in lower case or in upper case.
pub fn keeps_letters(function: &ScalarFunction) -> bool {
    [&crate::functions::string::TOLOWER, &crate::functions::string::TOUPPER, &crate::functions::conversion::TOSTRING]
        .contains(&function)
}

/// [`required_texts`] for what a value is compared with, if all of it is constant.
pub fn texts_required_by(
    function: &ScalarFunction,
    types: Vec<ScalarType>,
    constants: Vec<Option<Value>>,
) -> Option<Vec<String>> {
    required_texts(function, &CallInfo { types, constants, returns: ScalarType::Bool })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn required(function: &ScalarFunction, constants: &[(&str, ScalarType)]) -> Option<Vec<String>> {
        let types = std::iter::once(ScalarType::String).chain(constants.iter().map(|(_, ty)| *ty)).collect();
        let values = constants.iter().map(|(text, _)| Some(Value::Text((*text).to_owned())));
        texts_required_by(function, types, std::iter::once(None).chain(values).collect())
    }

    #[test]
    fn of_operators() {
        use ScalarType::{Dynamic, String};
        let texts = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(required(&string_match::HAS, &[("abc", String)]), texts(&["abc"]));
        assert_eq!(required(&string_match::NOT_HAS, &[("abc", String)]), None);
        assert_eq!(required(&string_match::CONTAINS, &[("", String)]), None);
        assert_eq!(
            required(&membership::HAS_ANY, &[(r#"["a", ["b\"c"]]"#, Dynamic), ("d", String)]),
            texts(&["a", "b\"c", "d"])
        );
        assert_eq!(required(&membership::HAS_ANY, &[("[null]", Dynamic)]), None);
        assert_eq!(required(&membership::HAS_ALL, &[("a", String), ("bcd", String)]), texts(&["bcd"]));
        assert_eq!(required(&membership::NOT_IN, &[("a", String)]), None);
        // nothing is in an empty list
        assert_eq!(required(&membership::IN, &[("[]", Dynamic)]), texts(&[]));
    }
}
