//! Strings.

mod ascii;
mod case_change;
mod codepoints;
mod countof;
mod extract;
mod extract_all;
mod extract_json;
mod format_bytes;
mod has_any_index;
mod indexof;
mod punycode;
mod regex_quote;
mod replace_regex;
mod replace_string;
mod replace_strings;
mod reverse;
mod split;
mod strcat;
mod strcat_array;
mod strcat_delim;
mod strcmp;
mod string_size;
mod strlen;
mod strrep;
mod substring;
mod translate;
mod trim;

pub use case_change::{TOLOWER, TOUPPER};

use crate::registry::ScalarFunction;

/// All string functions.
pub static ALL: &[&ScalarFunction] = &[
    &strcat::STRCAT,
    &strcat_array::STRCAT_ARRAY,
    &strcat_delim::STRCAT_DELIM,
    &strcmp::STRCMP,
    &strrep::STRREP,
    &strlen::STRLEN,
    &string_size::STRING_SIZE,
    &case_change::TOLOWER,
    &case_change::TOUPPER,
    &codepoints::FROM_STRING,
    &codepoints::TO_STRING,
    &substring::SUBSTRING,
    &regex_quote::REGEX_QUOTE,
    &indexof::INDEXOF,
    &indexof::INDEXOF_REGEX,
    &has_any_index::HAS_ANY_INDEX,
    &reverse::REVERSE,
    &split::SPLIT,
    &extract::EXTRACT,
    &extract_all::EXTRACT_ALL,
    &extract_json::EXTRACT_JSON,
    &replace_regex::REPLACE,
    &replace_regex::REPLACE_REGEX,
    &replace_string::REPLACE_STRING,
    &replace_strings::REPLACE_STRINGS,
    &trim::TRIM,
    &trim::TRIM_START,
    &trim::TRIM_END,
    &countof::COUNTOF,
    &translate::TRANSLATE,
    &ascii::ISASCII,
    &ascii::ISUTF8,
    &format_bytes::FORMAT_BYTES,
    &punycode::FROM_STRING,
    &punycode::TO_STRING,
    &punycode::DOMAIN_FROM_STRING,
    &punycode::DOMAIN_TO_STRING,
];
