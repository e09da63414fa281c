//! `find`: rows of several tables that meet a condition, with the name of their table.
//!
//! A table that has none of the columns in the condition returns no rows. Without `project`, the columns are those that
//! all tables have and those in the condition, and a bag of each table's other columns.
//! <https://learn.microsoft.com/kusto/query/find-operator>

use super::union::{Aligned, Leg, Lookup};
use crate::bind::{Binder, Row};
use crate::plan::{ColumnId, Expr, ExprKind, Node, PlanColumn, Relation, missing};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::ast::{self, BinaryOp, FindColumnKind, FindProject};
use kql_parser::codes;
use kql_parser::{Diagnostic, Span};
use kql_scan::text::Case;
use std::collections::HashSet;
use std::sync::Arc;

/// The column with the bag of other columns.
const PACK: &str = "pack_";

/// A column of the result: its name, and the name and type of the tables' columns that fill it.
struct Output {
    name: String,
    from: String,
    /// The type that a table's column must have to fill it; `None` for any type.
    of: Option<ScalarType>,
    ty: ScalarType,
}

pub(super) fn bind(binder: &mut Binder, find: &ast::Find, span: Span) -> Relation {
    let mut legs: Vec<Leg> = Vec::new();
    match &find.tables {
        Some(tables) => {
            for table in &tables.tables {
                legs.append(&mut super::union::leg(binder, table, Lookup::Strict));
            }
        }
        None => {
            let all = ast::Expr { kind: ast::ExprKind::Star, span };
            legs = super::union::leg(binder, &all, Lookup::Strict);
        }
    }
    // of the tables that a wildcard matches, those with data count; if none has rows, all known ones count
    if legs.iter().any(|l| l.rows) {
        legs.retain(|l| l.rows);
    }
    let open = legs.iter().any(|l| l.relation.open);
    let known: Vec<PlanColumn> = legs.iter().flat_map(|l| l.relation.nameable()).cloned().collect();
    let mut names = Vec::new();
    super::search::names(&find.condition, &mut names);
    let mut seen = HashSet::new();
    names.retain(|n| known.iter().any(|c| c.name == *n) && seen.insert(n.clone()));
    let Some(mut legs) = filtered(binder, find, legs, &names, &known) else {
        return Relation { open: true, ..binder.empty_relation() };
    };
    if legs.len() > 1 && !looks_everywhere(&find.condition) {
        legs.retain(|l| l.open || l.nameable().any(|c| names.contains(&c.name)));
    }
    let source = super::parameter(&find.parameters, &["withsource", "with_source"]).map_or("source_", |(name, _)| name);
    let explicit = matches!(find.project, Some(FindProject::Columns(_)));
    let (mut outputs, wanted) = match &find.project {
        Some(FindProject::Columns(columns)) => projected(binder, columns, &legs, &known, open),
        _ => (smart(&legs, &names), true),
    };
    let rest: HashSet<String> = outputs.iter().map(|o| o.from.clone()).collect();
    let mut packs = wanted && (explicit || legs.iter().any(|l| l.columns.iter().any(|c| !rest.contains(&c.name))));
    for away in &find.project_away {
        match &away.kind {
            FindColumnKind::Star => {
                outputs.clear();
                packs &= explicit;
            }
            FindColumnKind::Column(name, _) => outputs.retain(|o| o.name != name.text),
            FindColumnKind::Pack | FindColumnKind::PackAll => {}
        }
    }
    let united = unite(binder, &legs, source, &outputs, packs.then_some(&rest));
    Relation { open: open && !explicit, ..united }
}

/// The rows of each table that meet the condition; `None` if the condition has errors.
fn filtered(
    binder: &mut Binder,
    find: &ast::Find,
    legs: Vec<Leg>,
    names: &[String],
    known: &[PlanColumn],
) -> Option<Vec<Relation>> {
    let mut filtered = Vec::with_capacity(legs.len());
    let several = legs.len() > 1 && !looks_everywhere(&find.condition);
    for (i, leg) in legs.into_iter().enumerate() {
        let table = leg.relation;
        let concerned = !several || table.open || table.nameable().any(|c| names.contains(&c.name));
        // the condition is bound once even if no table has rows, to report its errors
        if (!leg.rows || !concerned) && i > 0 {
            filtered.push(table);
            continue;
        }
        // a column in the condition that a table lacks is empty in that table
        let mut columns = table.columns.clone();
        let mut pairs = crate::plan::identity(&columns);
        for name in names {
            if let Some(column) = known.iter().find(|c| c.name == *name)
                && columns.iter().chain(&table.hidden).all(|c| c.name != *name)
            {
                let column = binder.new_column(name.clone(), column.ty);
                pairs.push((column.id, missing(column.ty)));
                columns.push(column);
            }
        }
        let whole = Relation { node: crate::plan::project(&table, pairs), columns, ..table.clone() };
        let predicate = super::search::condition(binder, &find.condition, &whole, &table.columns, Case::Insensitive);
        if predicate.kind == ExprKind::Error {
            return None;
        }
        let node = Arc::new(Node::Filter { input: whole.node, predicate });
        let order = table.order.clone();
        let table = Relation { node, order, ..table };
        filtered.push(table);
    }
    Some(filtered)
}

/// Whether the condition has a term that can be in any column.
fn looks_everywhere(e: &ast::Expr) -> bool {
    match &e.kind {
        ast::ExprKind::Star | ast::ExprKind::Literal(ast::Literal::String(_)) => true,
        ast::ExprKind::Parens(inner) => looks_everywhere(inner),
        ast::ExprKind::Binary(b) if matches!(b.op, BinaryOp::And | BinaryOp::Or) => {
            looks_everywhere(&b.left) || looks_everywhere(&b.right)
        }
        ast::ExprKind::Binary(b) => b.left.kind == ast::ExprKind::Star,
        ast::ExprKind::Match(column, _) => column.kind == ast::ExprKind::Star,
        ast::ExprKind::In(i) => i.left.kind == ast::ExprKind::Star,
        ast::ExprKind::Call(call) if call.name.text == "not" => call.args.iter().any(looks_everywhere),
        _ => false,
    }
}

/// The columns that all tables have, then those in the condition.
fn smart(legs: &[Relation], names: &[String]) -> Vec<Output> {
    let Some(first) = legs.first() else { return Vec::new() };
    let common = first
        .columns
        .iter()
        .filter(|c| legs.iter().all(|l| l.columns.iter().any(|other| other.name == c.name)))
        .map(|c| c.name.as_str());
    let mut seen = HashSet::new();
    let all: Vec<&str> = common.chain(names.iter().map(String::as_str)).filter(|n| seen.insert(*n)).collect();
    let types = |name: &str| {
        let mut types: Vec<ScalarType> = Vec::new();
        for column in legs.iter().flat_map(Relation::nameable).filter(|c| c.name == name) {
            if !types.contains(&column.ty) {
                types.push(column.ty);
            }
        }
        types
    };
    let names: Vec<(&str, Vec<ScalarType>)> = all.into_iter().map(|name| (name, types(name))).collect();
    let output = |Aligned { name, from, ty }| Output { name, from, of: Some(ty), ty };
    super::union::named(&names).into_iter().map(output).collect()
}

/// The columns after `project`, and whether the others are packed.
fn projected(
    binder: &mut Binder,
    columns: &[ast::FindColumn],
    legs: &[Relation],
    known: &[PlanColumn],
    open: bool,
) -> (Vec<Output>, bool) {
    let mut outputs: Vec<Output> = Vec::new();
    let mut packs = false;
    for (i, column) in columns.iter().enumerate() {
        match &column.kind {
            FindColumnKind::Star => binder.error(codes::COLUMN_EXPECTED, column.span, "Column name expected."),
            FindColumnKind::Pack | FindColumnKind::PackAll if i + 1 < columns.len() => {
                binder.error(
                    codes::PACK_NOT_LAST,
                    column.span,
                    "The pack(*) expression must be the last item in the list.",
                );
            }
            FindColumnKind::Pack | FindColumnKind::PackAll => packs = true,
            FindColumnKind::Column(name, declared) => {
                let ty = declared.as_ref().map(|ty| binder.scalar_type(ty));
                let found = known.iter().find(|c| c.name == name.text);
                let Some(found) = found else {
                    if !open {
                        let e = ast::Expr { kind: ast::ExprKind::Name(name.clone()), span: name.span };
                        binder.expr(&e, Row { columns: known, ..Row::default() });
                    }
                    continue;
                };
                let mut types = legs.iter().flat_map(Relation::nameable).filter(|c| c.name == name.text).map(|c| c.ty);
                let first = types.next().unwrap_or(found.ty);
                if ty.is_none() && types.any(|other| other != first) {
                    let message = format!("The column '{}' has different types in these tables.", name.text);
                    let help = format!("choose one by adding a type, such as {}: string", name.text);
                    binder.report(Diagnostic::error(codes::SEVERAL_COLUMN_TYPES, column.span, message).with_help(help));
                }
                let (from, name) = (name.text.clone(), name.text.clone());
                outputs.push(Output { name, from, of: None, ty: ty.unwrap_or(first) });
            }
        }
    }
    (outputs, packs)
}

/// The rows of all tables with these columns; if `rest` is given, the columns that it does not contain go into a bag.
fn unite(
    binder: &mut Binder,
    legs: &[Relation],
    source: &str,
    outputs: &[Output],
    rest: Option<&HashSet<String>>,
) -> Relation {
    let source = binder.new_column(source, ScalarType::String);
    let mut columns = vec![source.clone()];
    columns.extend(outputs.iter().map(|o| binder.new_column(o.name.clone(), o.ty)));
    let pack = rest.map(|_| binder.new_column(PACK, ScalarType::Dynamic));
    let mut inputs = Vec::with_capacity(legs.len());
    let text = |text: String| Expr::constant(Value::Text(text), ScalarType::String, Span::default());
    for (i, leg) in legs.iter().enumerate() {
        let name = leg.name.clone().unwrap_or_else(|| format!("union_arg{i}"));
        let mut pairs: Vec<(ColumnId, Expr)> = vec![(source.id, text(name))];
        for (column, output) in columns.iter().skip(1).zip(outputs) {
            let own = leg.nameable().find(|c| c.name == output.from && output.of.is_none_or(|ty| ty == c.ty));
            pairs.extend(own.map(|own| (column.id, Expr::column(own, Span::default()).convert(output.ty))));
        }
        if let (Some(pack), Some(rest)) = (&pack, rest) {
            let others = leg.columns.iter().filter(|c| !rest.contains(&c.name));
            let args = others.flat_map(|c| [text(c.name.clone()), Expr::column(c, Span::default())]).collect();
            let bag = &crate::functions::dynamic::BAG_PACK;
            pairs.push((pack.id, Expr::call(bag, args, ScalarType::Dynamic, Span::default())));
        }
        inputs.push(Arc::new(Node::Project { input: leg.node.clone(), columns: pairs }));
    }
    columns.extend(pack);
    let node = if inputs.is_empty() {
        // the last column of literal rows is their number
        let row = binder.new_column("", ScalarType::Long);
        Node::Values { columns: columns.iter().cloned().chain([row]).collect(), rows: Vec::new() }
    } else {
        Node::Union { inputs, columns: columns.iter().map(|c| (c.id, c.ty)).collect() }
    };
    Relation { node: Arc::new(node), columns, ..Relation::default() }
}
