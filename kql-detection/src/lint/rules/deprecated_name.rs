//! An old name of an operator or function is used.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use kql_parser::Span;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "deprecated-name",
    level: Level::Note,
    topic: Topic::Style,
    summary: "An old name of an operator or function is used.",
    is_fixable: true,
    page: include_str!("../../../lint-pages/deprecated-name.md"),
    check,
};

/// Old names, new names, and whether the new one returns the same. They are what Microsoft's binder marks as obsolete, and
/// 'mvexpand', which its documentation calls that.
const NAMES: [(&str, &str, Renamed); 28] = [
    ("any", "take_any", Renamed::Limited),
    ("anyif", "take_anyif", Renamed::Limited),
    ("argmax", "arg_max", Renamed::Limited),
    ("argmin", "arg_min", Renamed::Limited),
    ("array_sum", "series_sum", Renamed::Same),
    ("arraylength", "array_length", Renamed::Same),
    ("base64_decodestring", "base64_decode_tostring", Renamed::Same),
    ("base64_encodestring", "base64_encode_tostring", Renamed::Same),
    ("columnifexists", "column_ifexists", Renamed::Same),
    ("datepart", "datetime_part", Renamed::Same),
    ("extractall", "extract_all", Renamed::Same),
    ("make_string", "unicode_codepoints_to_string", Renamed::Same),
    ("makelist", "make_list", Renamed::Limited),
    ("makeset", "make_set", Renamed::Limited),
    ("mvexpand", "mv-expand", Renamed::Limited),
    ("notempty", "isnotempty", Renamed::Same),
    ("notnull", "isnotnull", Renamed::Same),
    ("pack", "bag_pack", Renamed::Same),
    ("pack_dictionary", "bag_pack", Renamed::Same),
    ("parsejson", "parse_json", Renamed::Same),
    ("parseurl", "parse_url", Renamed::Same),
    ("parseurlquery", "parse_urlquery", Renamed::Same),
    ("replace", "replace_regex", Renamed::Limited),
    ("row_rank", "row_rank_dense", Renamed::Limited),
    ("to_utf8", "unicode_codepoints_from_string", Renamed::Same),
    ("toobject", "parse_json", Renamed::Same),
    ("totime", "totimespan", Renamed::Same),
    ("weekofyear", "week_of_year", Renamed::Limited),
];

/// How a new name differs from the old one.
#[derive(PartialEq)]
enum Renamed {
    /// Not at all.
    Same,
    /// The old one has a limit, another order of arguments, counts weeks or names its column in another way.
    Limited,
}

fn check(query: &Query<'_>, found: &mut Findings) {
    let mut look = |name: &str, span: Span| {
        let Some((old, new, renamed)) = NAMES.iter().find(|(old, ..)| *old == name) else { return };
        let finding = found.at(span, format!("'{old}' is an old name of '{new}'."));
        finding.help(format!("use '{new}'"));
        if *renamed == Renamed::Same {
            finding.fix(vec![(span, (*new).to_owned())]);
        }
    };
    let mut names = Vec::new();
    query.operators(|operator| names.push((operator.name_span.text(query.text).to_owned(), operator.name_span)));
    query.calls(|call, _| names.push((call.name.text.clone(), call.name.span)));
    names.iter().for_each(|(name, span)| look(name, *span));
}
