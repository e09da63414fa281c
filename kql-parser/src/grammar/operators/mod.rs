//! Tabular operators, one file each, and the table that finds them by name.

mod as_;
mod assert_schema;
mod consume;
mod count;
mod distinct;
mod evaluate;
mod execute_and_cache;
mod extend;
mod facet;
mod find;
mod fork;
mod getschema;
mod graph_mark_components;
mod graph_match;
mod graph_pattern;
mod graph_to_table;
mod graph_where;
mod invoke;
mod join;
mod macro_expand;
mod make_graph;
mod make_series;
mod mv_apply;
mod mv_expand;
mod parse;
mod parse_kv;
mod partition;
mod partition_by;
mod print;
mod project;
mod project_away;
mod project_by_names;
mod project_keep;
mod project_rename;
mod project_reorder;
mod range;
mod reduce;
mod render;
mod sample;
mod sample_distinct;
mod scan;
pub(crate) mod search;
mod serialize;
mod sort;
pub(crate) mod summarize;
mod take;
mod top;
mod top_hitters;
mod top_nested;
pub(crate) mod union;
mod where_;

use crate::ast::OperatorKind;
use crate::codes;
use crate::input::{Parsed, Tokens};
use crate::token::Kind;
use crate::{Diagnostic, Span};

/// Parses what follows an operator's name.
type Parse = for<'a> fn(Tokens<'a>) -> Parsed<'a, OperatorKind>;

/// A row of the table of operators.
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// Its grammar.
    pub parse: Parse,
    /// Whether it can start a pipeline.
    pub source: bool,
}

const fn entry(name: &'static str, parse: Parse) -> Entry {
    Entry { name, parse, source: false }
}

const fn source(name: &'static str, parse: Parse) -> Entry {
    Entry { name, parse, source: true }
}

/// Every operator with each of its names.
static TABLE: &[Entry] = &[
    entry("where", where_::parse),
    entry("filter", where_::parse),
    entry("extend", extend::parse),
    entry("project", project::parse),
    entry("project-away", project_away::parse),
    entry("project-keep", project_keep::parse),
    entry("project-rename", project_rename::parse),
    entry("project-reorder", project_reorder::parse),
    entry("project-by-names", project_by_names::parse),
    source("union", union::parse),
    entry("sort", sort::parse),
    entry("order", sort::parse),
    entry("top", top::parse),
    entry("top-nested", top_nested::parse),
    entry("top-hitters", top_hitters::parse),
    entry("take", take::parse),
    entry("limit", take::parse),
    entry("sample", sample::parse),
    entry("sample-distinct", sample_distinct::parse),
    entry("count", count::parse),
    entry("distinct", distinct::parse),
    entry("summarize", summarize::parse),
    entry("make-series", make_series::parse),
    entry("join", join::join),
    entry("lookup", join::lookup),
    entry("mv-expand", mv_expand::parse),
    entry("mvexpand", mv_expand::legacy),
    entry("mv-apply", mv_apply::parse),
    entry("mvapply", mv_apply::parse),
    entry("parse", parse::parse),
    entry("parse-where", parse::parse_where),
    entry("parse-kv", parse_kv::parse),
    entry("as", as_::parse),
    entry("render", render::parse),
    source("print", print::parse),
    source("range", range::parse),
    source("evaluate", evaluate::parse),
    entry("invoke", invoke::parse),
    source("search", search::parse),
    source("find", find::parse),
    source("macro-expand", macro_expand::parse),
    entry("serialize", serialize::parse),
    entry("getschema", getschema::parse),
    entry("scan", scan::parse),
    entry("partition", partition::parse),
    entry("__partitionby", partition_by::parse),
    entry("reduce", reduce::parse),
    entry("fork", fork::parse),
    entry("facet", facet::parse),
    entry("consume", consume::parse),
    entry("assert-schema", assert_schema::parse),
    entry("__executeAndCache", execute_and_cache::parse),
    entry("make-graph", make_graph::parse),
    entry("graph-match", graph_match::graph_match),
    entry("graph-shortest-paths", graph_match::shortest_paths),
    entry("graph-to-table", graph_to_table::parse),
    entry("graph-mark-components", graph_mark_components::parse),
    entry("graph-where-nodes", graph_where::nodes),
    entry("graph-where-edges", graph_where::edges),
];

/// The operators in the order of the table, without those that are internal to Kusto: these begin with an underscore.
fn documented() -> impl Iterator<Item = &'static Entry> {
    TABLE.iter().filter(|e| !e.name.starts_with('_'))
}

/// The names of operators.
pub fn names() -> impl Iterator<Item = &'static str> {
    documented().map(|e| e.name)
}

/// The names of operators that begin a pipeline.
pub fn source_names() -> impl Iterator<Item = &'static str> {
    documented().filter(|e| e.source).map(|e| e.name)
}

/// The number of tokens of an operator's name: `mv-expand` has three.
pub fn name_length(i: &Tokens) -> usize {
    let mut n = 1;
    while i.ahead(n).kind == Kind::Minus && i.touches(n) && i.ahead(n + 1).kind == Kind::Word && i.touches(n + 1) {
        n += 2;
    }
    n
}

/// Whether the name of an operator starts with this word, up to its first hyphen.
pub fn is_name(word: &str) -> bool {
    TABLE.iter().any(|e| e.name == word)
}

/// The operator whose name is next.
pub fn at(i: &Tokens) -> Result<&'static Entry, Diagnostic> {
    let wrong = |span: Span| Diagnostic::error(codes::OPERATOR_EXPECTED, span, "Query operator expected.");
    if i.kind() != Kind::Word {
        return Err(wrong(i.span()));
    }
    let span = i.skip(name_length(i)).from(i.span());
    let name = span.text(i.text);
    if let Some(entry) = TABLE.iter().find(|e| e.name == name) {
        return Ok(entry);
    }
    let d = wrong(span);
    Err(match crate::suggest(name, TABLE.iter().map(|e| e.name)) {
        Some(like) if like == name.to_lowercase() => d.with_help(format!("operators are lower case: {like}")),
        Some(like) => d.with_help(format!("did you mean '{like}'?")),
        None => d,
    })
}

/// The operator that begins a pipeline here, if any: `print`, `range x from`, `union A, B`.
pub fn source_at(i: &Tokens) -> Option<&'static Entry> {
    if i.kind() != Kind::Word {
        return None;
    }
    let name = i.text_ahead(0);
    if name == "macro" {
        let macro_expand = i.skip(name_length(i)).from(i.span()).text(i.text) == "macro-expand";
        return TABLE.iter().find(|e| macro_expand && e.name == "macro-expand");
    }
    let entry = TABLE.iter().find(|e| e.source && e.name == name)?;
    let next = i.ahead(1).kind;
    let begins = match name {
        "range" => matches!(next, Kind::Word | Kind::OpenBracket) && !i.word_ahead(1, "in"),
        // `evaluate` can also be a name
        "evaluate" => next == Kind::Word,
        "print" if next == Kind::Plus => true,
        _ => !matches!(
            next,
            Kind::Assign
                | Kind::Equal
                | Kind::NotEqual
                | Kind::Comma
                | Kind::CloseParen
                | Kind::CloseBracket
                | Kind::Dot
                | Kind::DotDot
                | Kind::Pipe
                | Kind::Semicolon
                | Kind::End
                | Kind::Plus
                | Kind::Less
                | Kind::Greater
        ),
    };
    // `print` alone is an operator without its expressions
    (begins || (name == "print" && matches!(next, Kind::End | Kind::Semicolon))).then_some(entry)
}
