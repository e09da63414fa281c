//! `union`: the rows of several tables.
//!
//! Columns with the same name and different types become one column for each type, named `x_long`, `x_string`, at the
//! position of `x`. <https://learn.microsoft.com/kusto/query/union-operator>

use crate::bind::{Binder, Symbol};
use crate::plan::{ColumnId, Expr, Node, PlanColumn, Relation};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::ast;
use kql_parser::codes;
use kql_parser::{Diagnostic, Span};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, union: &ast::Union, input: Option<Relation>) -> Relation {
    let lookup = match super::parameter(&union.parameters, &["isfuzzy"]) {
        Some(("true", _)) => Lookup::Fuzzy,
        _ => Lookup::Strict,
    };
    let kind = Kind::of(binder, &union.parameters);
    let mut legs: Vec<Leg> = input.into_iter().map(Leg::with_rows).collect();
    let mut dropped = false;
    for table in &union.tables {
        let mut found = leg(binder, table, lookup);
        dropped |= found.is_empty();
        legs.append(&mut found);
    }
    if legs.is_empty() {
        // a fuzzy union of unknown tables: the missing tables are already reported
        return binder.empty_relation();
    }
    let source = super::parameter(&union.parameters, &["withsource", "with_source"]);
    let united = unite(binder, legs, kind, source.map(|(name, _)| name));
    // if a table is not available, a query that is only checked can name its columns
    Relation { open: united.open || (dropped && !binder.evaluates()), ..united }
}

/// Which columns a union has.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// Those that all tables have.
    Inner,
    /// Those that any table has.
    Outer,
}

impl Kind {
    /// The kind that the parameters say.
    pub(super) fn of(binder: &mut Binder, parameters: &[ast::Property]) -> Kind {
        match super::parameter(parameters, &["kind"]) {
            None | Some(("outer", _)) => Kind::Outer,
            Some(("inner", _)) => Kind::Inner,
            Some((_, at)) => {
                binder.error(codes::TERM_EXPECTED, at, "Expected one of: inner, outer");
                Kind::Outer
            }
        }
    }
}

/// How tables are looked up.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Lookup {
    /// An unknown table is an error.
    Strict,
    /// An unknown table is a warning.
    Fuzzy,
}

/// A table of the union.
pub(super) struct Leg {
    pub relation: Relation,
    /// Whether it can have rows: most of the tables that a wildcard matches only have columns.
    pub rows: bool,
}

impl Leg {
    /// A named table.
    pub(super) fn with_rows(relation: Relation) -> Leg {
        Leg { relation, rows: true }
    }
}

/// The tables that an expression in the list refers to.
pub(super) fn leg(binder: &mut Binder, table: &ast::Expr, lookup: Lookup) -> Vec<Leg> {
    match &table.kind {
        ast::ExprKind::Wildcard(pattern) => wildcard(binder, pattern, lookup),
        ast::ExprKind::Star => wildcard(binder, &ast::Name { text: "*".to_owned(), span: table.span }, lookup),
        ast::ExprKind::Name(name) if lookup == Lookup::Fuzzy && !binder.is_tabular(table) => {
            let message =
                format!("The fuzzy name '{}' does not refer to any known or currently accessible table.", name.text);
            binder.report(Diagnostic::warning(codes::UNKNOWN_FUZZY_TABLE, table.span, message));
            Vec::new()
        }
        _ if lookup == Lookup::Fuzzy => binder.tabular_if_known(table).map(Leg::with_rows).into_iter().collect(),
        _ => vec![Leg::with_rows(binder.tabular(table))],
    }
}

fn wildcard(binder: &mut Binder, pattern: &ast::Name, lookup: Lookup) -> Vec<Leg> {
    let mut views: Vec<String> = binder
        .scope
        .names()
        .filter(|(_, symbol)| matches!(symbol, Symbol::Function(f) if f.function.view))
        .map(|(name, _)| name.to_owned())
        .collect();
    views.sort();
    views.dedup();
    let fits = |name: &String| super::matches_wildcard(&pattern.text, name);
    let mut names: Vec<String> = binder.environment.table_names().into_iter().filter(fits).collect();
    names.sort();
    names.dedup();
    // a view hides a table with its name, and comes after the tables
    names.retain(|name| !views.contains(name));
    names.extend(views.iter().filter(|name| fits(name)).cloned());
    if names.is_empty() && lookup == Lookup::Strict {
        let message = format!("The name '{}' does not refer to any known table.", pattern.text);
        binder.error(codes::UNKNOWN_TABLE, pattern.span, message);
    }
    names
        .into_iter()
        .map(|text| {
            let rows = views.contains(&text) || binder.environment.has_data(&text);
            let name = ast::Name { text, span: pattern.span };
            let relation = binder.tabular(&ast::Expr { kind: ast::ExprKind::Name(name), span: pattern.span });
            Leg { relation, rows }
        })
        .collect()
}

/// The rows of all legs, columns matched by name and type.
pub(super) fn unite(binder: &mut Binder, legs: Vec<Leg>, kind: Kind, source: Option<&str>) -> Relation {
    let mut columns = aligned(&legs);
    if kind == Kind::Inner {
        let mut counts: HashMap<(&str, ScalarType), usize> = HashMap::new();
        for column in legs.iter().flat_map(|l| &l.relation.columns) {
            *counts.entry((&column.name, column.ty)).or_default() += 1;
        }
        columns.retain(|c| counts.get(&(c.from.as_str(), c.ty)) == Some(&legs.len()));
    }
    let source = source.map(|name| {
        let mut taken = columns.iter().map(|c| c.name.clone()).collect();
        binder.new_column(free_name(name, &mut taken), ScalarType::String)
    });
    let result: Vec<PlanColumn> = columns.iter().map(|c| binder.new_column(c.name.clone(), c.ty)).collect();
    // unlisted columns of a table can be named in the union
    let mut unlisted: Vec<PlanColumn> = Vec::new();
    for column in legs.iter().filter(|l| l.rows).flat_map(|l| &l.relation.hidden) {
        if columns.iter().all(|c| c.name != column.name) && unlisted.iter().all(|c| c.name != column.name) {
            unlisted.push(column.clone());
        }
    }
    let hidden: Vec<PlanColumn> = unlisted.iter().map(|c| binder.new_column(c.name.clone(), c.ty)).collect();
    let open = legs.iter().any(|l| l.relation.open);
    let mut places: HashMap<(&str, ScalarType), Vec<usize>> = HashMap::new();
    for (place, column) in columns.iter().enumerate() {
        places.entry((column.from.as_str(), column.ty)).or_default().push(place);
    }
    let mut inputs = Vec::with_capacity(legs.len());
    for (i, leg) in legs.iter().enumerate().filter(|(_, leg)| leg.rows) {
        let leg = &leg.relation;
        let own: HashMap<(&str, ScalarType), &PlanColumn> =
            leg.hidden.iter().chain(&leg.columns).map(|c| ((c.name.as_str(), c.ty), c)).collect();
        let mut pairs: Vec<(ColumnId, Expr)> = Vec::with_capacity(leg.columns.len() + 1);
        if let Some(source) = &source {
            let name = leg.name.clone().unwrap_or_else(|| format!("union_arg{i}"));
            pairs.push((source.id, Expr::constant(Value::Text(name), ScalarType::String, Span::default())));
        }
        // a column of an unknown type has the same value as a missing column
        let mut filled: Vec<(usize, &PlanColumn)> = Vec::with_capacity(own.len());
        for (key, column) in own {
            filled.extend(places.get(&key).into_iter().flatten().map(|place| (*place, column)));
        }
        filled.sort_unstable_by_key(|(place, _)| *place);
        pairs.extend(
            filled
                .into_iter()
                .filter_map(|(place, own)| Some((result.get(place)?.id, Expr::column(own, Span::default())))),
        );
        for (column, result) in unlisted.iter().zip(&hidden) {
            if let Some(own) = leg.hidden.iter().find(|c| c.name == column.name && c.ty == column.ty) {
                pairs.push((result.id, Expr::column(own, Span::default())));
            }
        }
        inputs.push(Arc::new(Node::Project { input: leg.node.clone(), columns: pairs }));
    }
    let all: Vec<PlanColumn> = source.into_iter().chain(result).collect();
    let node = if inputs.is_empty() {
        // the last column of literal rows is their number
        let row = binder.new_column("", ScalarType::Long);
        Node::Values { columns: all.iter().chain(&hidden).cloned().chain([row]).collect(), rows: Vec::new() }
    } else {
        Node::Union { inputs, columns: all.iter().chain(&hidden).map(|c| (c.id, c.ty)).collect() }
    };
    Relation { node: Arc::new(node), columns: all, hidden, open, ..Relation::default() }
}

/// The wanted name, with a number if it is taken; the name is taken from now on.
fn free_name(wanted: &str, taken: &mut HashSet<String>) -> String {
    let mut free = wanted.to_owned();
    let mut i = 0;
    while !taken.insert(free.clone()) {
        i += 1;
        free = format!("{wanted}{i}");
    }
    free
}

/// A column of the union: its name, and the name and type of the legs' columns that fill it.
pub(super) struct Aligned {
    pub(super) name: String,
    pub(super) from: String,
    pub(super) ty: ScalarType,
}

/// The types that a name has in the tables.
///
/// If a wildcard matches tables with and without rows, those without rows are ignored: a workspace knows two thousand
/// tables and has a dozen. Among tables without rows, Microsoft's binder decides; it skips further types of a name
/// that began with the same type twice.
#[derive(Default)]
struct Types {
    list: Vec<ScalarType>,
    rows: bool,
    settled: bool,
}

impl Types {
    fn add(&mut self, ty: ScalarType, rows: bool) {
        if rows && !self.rows {
            *self = Types { rows, ..Types::default() };
        }
        if self.rows && !rows {
            return;
        }
        if ty == ScalarType::Unknown && !self.list.is_empty() {
            // a column of unknown type has the type of the others
            return;
        }
        if self.list == [ScalarType::Unknown] && ty != ScalarType::Unknown {
            self.list = vec![ty];
        } else if !self.list.contains(&ty) {
            if !self.settled {
                self.list.push(ty);
            }
        } else if self.list.len() == 1 {
            self.settled = !self.rows;
        }
    }
}

fn aligned(legs: &[Leg]) -> Vec<Aligned> {
    // names in the order of first appearance, each with its types in that order
    let mut names: Vec<(&str, Types)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for leg in legs {
        for column in &leg.relation.columns {
            let place = *places.entry(&column.name).or_insert_with(|| {
                names.push((&column.name, Types::default()));
                names.len() - 1
            });
            if let Some((_, types)) = names.get_mut(place) {
                types.add(column.ty, leg.rows);
            }
        }
    }
    let names: Vec<(&str, Vec<ScalarType>)> = names.into_iter().map(|(name, types)| (name, types.list)).collect();
    named(&names)
}

/// A column for each type of each name; if a name has several types, the type is part of the column's name.
pub(super) fn named(names: &[(&str, Vec<ScalarType>)]) -> Vec<Aligned> {
    // a name in a table is kept: an equal generated name gets a number, as measured in Kusto
    let mut taken: HashSet<String> =
        names.iter().filter(|(_, types)| types.len() == 1).map(|(name, _)| (*name).to_owned()).collect();
    let mut columns = Vec::new();
    for (name, types) in names {
        if let [ty] = types.as_slice() {
            columns.push(Aligned { name: (*name).to_owned(), from: (*name).to_owned(), ty: *ty });
            continue;
        }
        for ty in types {
            let free = free_name(&format!("{name}_{ty}"), &mut taken);
            columns.push(Aligned { name: free, from: (*name).to_owned(), ty: *ty });
        }
    }
    columns
}
