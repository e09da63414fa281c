//! Values that are known by the function that made them: arrays, counts, and parts of texts.

use super::query::{Query, name_of, named, plain};
use kql_engine::ColumnId;
use kql_parser::ast::{Call, Expr, ExprKind, Operator, OperatorKind};
use std::collections::HashMap;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// An array; it can be null only if an argument is.
    Array,
    /// A number of rows or values.
    Count,
    /// What a regular expression finds in a text.
    Extract,
}

/// Functions that return an array, and what the name of an unnamed column in `summarize` begins with.
const ARRAYS: [(&str, Option<&str>); 18] = [
    ("make_list", Some("list")),
    ("make_list_if", Some("list")),
    ("make_list_with_nulls", Some("list")),
    ("makelist", Some("list")),
    ("make_set", Some("set")),
    ("make_set_if", Some("set")),
    ("makeset", Some("set")),
    ("array_concat", None),
    ("array_slice", None),
    ("array_sort_asc", None),
    ("array_sort_desc", None),
    ("extract_all", None),
    ("pack_array", None),
    ("set_difference", None),
    ("set_intersect", None),
    ("set_union", None),
    ("split", None),
    ("array_reverse", None),
];

/// Aggregates whose result is a number for every group.
const COUNTS: [&str; 5] = ["count", "countif", "dcount", "dcountif", "count_distinct"];

/// The columns of a query whose values are known.
#[derive(Debug, Default)]
pub struct MadeColumns {
    columns: HashMap<ColumnId, Made>,
}

impl MadeColumns {
    /// The columns that the operators of a query compute.
    pub fn of(query: &Query<'_>) -> MadeColumns {
        let mut made = MadeColumns::default();
        query.operators(|operator| made.operator(query, operator));
        made
    }

    /// What a value is.
    pub fn value(&self, query: &Query<'_>, e: &Expr) -> Option<Made> {
        match &plain(e).kind {
            ExprKind::Call(call) => by_call(call),
            _ => self.columns.get(&query.expr(plain(e))?.column?).copied(),
        }
    }

    fn operator(&mut self, query: &Query<'_>, operator: &Operator) {
        let lists: [&[Expr]; 2] = match &operator.kind {
            OperatorKind::Extend(columns) | OperatorKind::Project(columns) => [columns, &[]],
            OperatorKind::Summarize(summarize) => [&summarize.aggregates, &summarize.by],
            _ => return,
        };
        let Some(meaning) = query.meaning.operator(operator.span) else { return };
        for e in lists.into_iter().flatten() {
            let (name, value) = named(e);
            let Some(made) = self.value(query, value) else { continue };
            let own = || name_of(value).map(str::to_owned).or_else(|| own_name(call(value)?));
            let Some(name) = name.map(|name| name.text.clone()).or_else(own) else { continue };
            if let Some(column) = meaning.output.iter().find(|column| column.name == name)
                && meaning.input.iter().all(|before| before.id != column.id)
            {
                self.columns.insert(column.id, made);
            }
        }
    }
}

fn call(e: &Expr) -> Option<&Call> {
    match &plain(e).kind {
        ExprKind::Call(call) => Some(call),
        _ => None,
    }
}

fn by_call(call: &Call) -> Option<Made> {
    let name = call.name.text.as_str();
    if COUNTS.contains(&name) {
        return Some(Made::Count);
    }
    if name == "extract" {
        return Some(Made::Extract);
    }
    ARRAYS.iter().any(|(known, _)| *known == name).then_some(Made::Array)
}

/// The name of the column of an aggregate that has none.
fn own_name(call: &Call) -> Option<String> {
    let function = call.name.text.as_str();
    let argument = call.args.first().map_or(Some(""), name_of)?;
    let prefix = match ARRAYS.iter().find(|(known, _)| *known == function) {
        Some((_, prefix)) => (*prefix)?,
        None => function,
    };
    // count() is called count_, and countif(x > 1) countif_
    Some(format!("{prefix}_{argument}"))
}
