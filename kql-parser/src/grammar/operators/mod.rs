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
    /// A description in one sentence.
    pub summary: &'static str,
    /// Whether it can start a pipeline.
    pub source: bool,
}

const fn entry(name: &'static str, parse: Parse, summary: &'static str) -> Entry {
    Entry { name, parse, summary, source: false }
}

const fn source(name: &'static str, parse: Parse, summary: &'static str) -> Entry {
    Entry { name, parse, summary, source: true }
}

/// Every operator with each of its names.
static TABLE: &[Entry] = &[
    entry("where", where_::parse, "Keeps the rows for which the condition is true."),
    entry("filter", where_::parse, "Keeps the rows for which the condition is true."),
    entry("extend", extend::parse, "Adds columns, or replaces those with the same name."),
    entry("project", project::parse, "Returns the named columns, and new ones, in this order."),
    entry("project-away", project_away::parse, "Removes columns."),
    entry("project-keep", project_keep::parse, "Keeps the named columns, in the order of the input."),
    entry("project-rename", project_rename::parse, "Renames columns."),
    entry("project-reorder", project_reorder::parse, "Moves the named columns to the front."),
    entry("project-by-names", project_by_names::parse, "Returns the columns that a list names."),
    source("union", union::parse, "Returns the rows of several tables."),
    entry("sort", sort::parse, "Sorts the rows."),
    entry("order", sort::parse, "Sorts the rows."),
    entry("top", top::parse, "Returns the first rows in the order of an expression."),
    entry(
        "top-nested",
        top_nested::parse,
        "Returns the best values of an expression, and the best values of the next one within each of them.",
    ),
    entry("top-hitters", top_hitters::parse, "Returns the most frequent values of an expression."),
    entry("take", take::parse, "Returns up to this number of rows; which ones is open."),
    entry("limit", take::parse, "Returns up to this number of rows; which ones is open."),
    entry("sample", sample::parse, "Returns this number of random rows."),
    entry("sample-distinct", sample_distinct::parse, "Returns this number of different values of a column."),
    entry("count", count::parse, "Returns the number of rows."),
    entry("distinct", distinct::parse, "Returns the different combinations of the columns."),
    entry("summarize", summarize::parse, "Aggregates rows, by groups if there are any."),
    entry("make-series", make_series::parse, "Aggregates rows into arrays with a value for each step of an axis."),
    entry("join", join::join, "Combines each row with the rows of another table that have the same keys."),
    entry("lookup", join::lookup, "Adds the columns of a small table to the rows with the same keys."),
    entry("mv-expand", mv_expand::parse, "Returns a row for each element of an array or property of a bag."),
    entry("mvexpand", mv_expand::legacy, "Returns a row for each element of an array or property of a bag."),
    entry("mv-apply", mv_apply::parse, "Runs a subquery over the elements of an array, for each row."),
    entry("mvapply", mv_apply::parse, "Runs a subquery over the elements of an array, for each row."),
    entry(
        "parse",
        parse::parse,
        "Extracts columns from a text by a pattern of literals and columns; all rows are kept.",
    ),
    entry(
        "parse-where",
        parse::parse_where,
        "Extracts columns from a text by a pattern, and keeps the rows that match it.",
    ),
    entry("parse-kv", parse_kv::parse, "Extracts columns from a text of keys and values."),
    entry("as", as_::parse, "Gives the input a name that later parts of the query can use."),
    entry("render", render::parse, "Asks for a chart of the result."),
    source("print", print::parse, "Returns one row with the values of expressions."),
    source("range", range::parse, "Returns a table with a column of evenly spaced values."),
    source("evaluate", evaluate::parse, "Calls a plugin."),
    entry("invoke", invoke::parse, "Calls a function with the input as its first argument."),
    source("search", search::parse, "Finds rows in which a column matches, in one or in all tables."),
    source("find", find::parse, "Finds rows that fulfil a condition in several tables."),
    source("macro-expand", macro_expand::parse, "Runs a subquery for each member of an entity group."),
    entry(
        "serialize",
        serialize::parse,
        "Fixes the order of the rows, so that functions such as next() and row_number() can be used.",
    ),
    entry("getschema", getschema::parse, "Returns the columns of the input and their types."),
    entry("scan", scan::parse, "Matches sequences of rows by steps."),
    entry("partition", partition::parse, "Runs a subquery for each value of a column."),
    entry("__partitionby", partition_by::parse, "Runs a subquery for each value of a column."),
    entry("reduce", reduce::parse, "Groups texts by their patterns."),
    entry("fork", fork::parse, "Runs several subqueries over the input, each with a result."),
    entry("facet", facet::parse, "Returns the counts of values, with a result for each column."),
    entry("consume", consume::parse, "Reads the input and returns nothing of it."),
    entry("assert-schema", assert_schema::parse, "Checks that the input has these columns and types."),
    entry("__executeAndCache", execute_and_cache::parse, "Reads the input."),
    entry("make-graph", make_graph::parse, "Makes a graph of the rows, which are its edges."),
    entry("graph-match", graph_match::graph_match, "Finds patterns of nodes and edges in a graph."),
    entry("graph-shortest-paths", graph_match::shortest_paths, "Finds the shortest paths between nodes of a graph."),
    entry("graph-to-table", graph_to_table::parse, "Returns the nodes or the edges of a graph as tables."),
    entry("graph-mark-components", graph_mark_components::parse, "Numbers the connected parts of a graph."),
    entry("graph-where-nodes", graph_where::nodes, "Keeps the nodes for which the condition is true."),
    entry("graph-where-edges", graph_where::edges, "Keeps the edges for which the condition is true."),
];

/// The operators in the order of the table, without those that are internal to Kusto: these begin with an underscore.
fn documented() -> impl Iterator<Item = &'static Entry> {
    TABLE.iter().filter(|e| !e.name.starts_with('_'))
}

/// The names of operators.
pub fn names() -> impl Iterator<Item = &'static str> {
    documented().map(|e| e.name)
}

/// The description of an operator in one sentence.
pub fn summary(name: &str) -> Option<&'static str> {
    documented().find(|e| e.name == name).map(|e| e.summary)
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
