//! Words that no registry has: keywords, the values of parameters, operators that take tables.

use crate::operators::join;

/// Keywords inside operators.
pub const WORDS: [&str; 39] = [
    "and",
    "or",
    "not",
    "by",
    "on",
    "asc",
    "desc",
    "nulls",
    "first",
    "last",
    "kind",
    "with",
    "to",
    "from",
    "step",
    "in",
    "has",
    "has_cs",
    "has_any",
    "has_all",
    "hasprefix",
    "hassuffix",
    "contains",
    "contains_cs",
    "startswith",
    "endswith",
    "matches",
    "regex",
    "between",
    "like",
    "let",
    "set",
    "declare",
    "true",
    "false",
    "null",
    "typeof",
    "default",
    "of",
];

/// The kinds of charts that are drawn.
pub const CHARTS: [&str; 10] = [
    "timechart",
    "linechart",
    "columnchart",
    "barchart",
    "piechart",
    "areachart",
    "stackedareachart",
    "scatterchart",
    "card",
    "table",
];

/// The values of the parameter `kind`, by operator.
pub const KINDS: [(&str, &[&str]); 9] = [
    ("join", join::KINDS),
    ("lookup", &["leftouter", "inner"]),
    ("union", &["inner", "outer"]),
    ("parse", &["simple", "regex", "relaxed"]),
    ("parse-where", &["simple", "regex", "relaxed"]),
    ("mv-expand", &["bag", "array"]),
    ("make-series", &["nonempty"]),
    ("search", &["case_insensitive", "case_sensitive"]),
    ("reduce", &["source"]),
];

/// Operators that begin with an exclamation mark.
pub const NEGATIONS: [&str; 15] = [
    "!in",
    "!in~",
    "!has",
    "!has_cs",
    "!hasprefix",
    "!hasprefix_cs",
    "!hassuffix",
    "!hassuffix_cs",
    "!contains",
    "!contains_cs",
    "!startswith",
    "!startswith_cs",
    "!endswith",
    "!endswith_cs",
    "!between",
];

/// Operators that take tables.
pub const NAME_TABLES: [&str; 5] = ["join", "lookup", "union", "find", "search"];
