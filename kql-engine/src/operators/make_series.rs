//! `make-series`: aggregates over bins of an axis, as arrays.
//!
//! The rows are grouped by the other columns and the bin, and then the bins of each group become arrays.
//! <https://learn.microsoft.com/kusto/query/make-series-operator>

use crate::bind::{Binder, ColumnNames, Row};
use crate::functions::operators;
use crate::plan::{Aggregate, Expr, ExprKind, Node, PlanColumn, Relation};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::ast::{self, BinaryOp};
use kql_parser::codes;
use kql_parser::{Diagnostic, Span};
use std::sync::Arc;

/// The points of the axis: first, end (not included), distance.
struct Axis {
    value: Expr,
    first: Option<Expr>,
    end: Option<Expr>,
    step: Expr,
}

pub(super) fn bind(binder: &mut Binder, series: &ast::MakeSeries, input: Relation, span: Span) -> Relation {
    let row = Row::of(&input);
    let mut names = ColumnNames::default();
    let groups = binder.assignments(&series.by, row, &mut names, None);
    for group in &groups {
        super::not_dynamic(binder, &group.value);
    }
    let mut aggregates = Vec::new();
    // the values of each series: name, aggregate, and value of points without rows
    let mut values: Vec<(PlanColumn, Expr, Expr)> = Vec::new();
    for item in &series.aggregates {
        let (given, value) = super::named(&item.expr);
        let aggregated = Row { aggregates_only: true, ..row };
        let bound = binder.with_aggregates(&mut aggregates, |binder| binder.expr(value, aggregated));
        let default = match &item.default {
            Some(default) => binder.expr(default, Row::default()),
            None => Expr::constant(Value::Long(0), ScalarType::Long, span),
        };
        let default = if bound.ty.is_number() && default.ty.is_number() { default.convert(bound.ty) } else { default };
        let name = match given {
            Some(name) => match names.declare(&name.text) {
                Some(text) => text,
                None => {
                    binder.already_declared(&name.text, name.span);
                    continue;
                }
            },
            None => {
                let own = binder.result_name(value, row);
                names.invent(&own.unwrap_or_else(|| binder.unnamed(&[])))
            }
        };
        values.push((binder.new_column(name, bound.ty), bound, default));
    }
    let (axis_name, on) = super::named(&series.on);
    let name = axis_name.map(|n| n.text.clone()).or_else(|| binder.result_name(on, row));
    let name = match name {
        // the axis counts as named, whatever its expression is
        Some(name) => names.declare(&name).unwrap_or_else(|| {
            let span = axis_name.map_or(on.span, |n| n.span);
            binder.already_declared(&name, span);
            name
        }),
        None => names.invent(&binder.unnamed(&[])),
    };
    let axis = axis(binder, series, on, row);
    let mut columns: Vec<PlanColumn> = groups.iter().map(|g| g.column.clone()).collect();
    columns.extend(values.iter().map(|(c, ..)| binder.new_column(c.name.clone(), ScalarType::Dynamic)));
    columns.push(binder.new_column(name, ScalarType::Dynamic));
    let Some(axis) = axis else {
        return Relation { columns, open: false, ..binder.empty_relation() };
    };
    if input.partition.is_some() {
        super::not_in_parts(binder, span);
        return input;
    }
    let nonempty = matches!(super::parameter(&series.parameters, &["kind"]), Some(("nonempty", _)));
    let input = binder.with_windows(input);
    let bin = binder.new_column("bin", axis.value.ty);
    let filtered = Relation { node: in_range(&axis, &input), ..input };
    let mut keys: Vec<_> = groups.iter().map(|g| (g.column.id, g.value.clone())).collect();
    keys.push((bin.id, bin_of(&axis)));
    // constants are evaluated with the aggregates
    let binned = Relation { node: crate::bind::grouped(&filtered, keys, aggregates), ..Relation::default() };
    let mut pairs: Vec<_> = groups.iter().map(|g| (g.column.id, Expr::column(&g.column, span))).collect();
    pairs.push((bin.id, Expr::column(&bin, span)));
    pairs.extend(values.iter().map(|(c, value, _)| (c.id, value.clone())));
    let bins = Relation { node: crate::plan::project(&binned, pairs), ..Relation::default() };
    let null = |ty| Expr::constant(Value::Null, ty, span);
    let points = |value: Expr, default: Expr, id| Aggregate {
        function: &crate::aggregates::SERIES_POINTS,
        args: vec![
            Expr::column(&bin, span),
            value,
            axis.first.clone().unwrap_or_else(|| null(bin.ty)),
            axis.end.clone().unwrap_or_else(|| null(bin.ty)),
            axis.step.clone(),
            default,
        ],
        ty: ScalarType::Dynamic,
        outputs: vec![(id, ScalarType::Dynamic)],
        span,
    };
    let series_columns = columns.iter().skip(groups.len());
    let mut series_aggregates: Vec<Aggregate> = series_columns
        .zip(&values)
        .map(|(c, (value, _, default))| points(Expr::column(value, span), default.clone(), c.id))
        .collect();
    if let Some(axis_column) = columns.last() {
        // the axis is a series of the points themselves
        let marker = Expr { ty: ScalarType::Unknown, ..Expr::column(&bin, span) };
        series_aggregates.push(points(marker, null(ScalarType::Long), axis_column.id));
    }
    let rows = binder.new_column("rows", ScalarType::Long);
    series_aggregates.push(Aggregate {
        function: &crate::aggregates::COUNT,
        args: Vec::new(),
        ty: ScalarType::Long,
        outputs: vec![(rows.id, ScalarType::Long)],
        span,
    });
    let keys = groups.iter().map(|g| (g.column.id, Expr::column(&g.column, span))).collect();
    let mut node = crate::bind::grouped(&bins, keys, series_aggregates);
    if groups.is_empty() && !nonempty {
        // without rows, there are no series
        let zero = Expr::constant(Value::Long(0), ScalarType::Long, span);
        let some = Expr::call(
            operators::binary(BinaryOp::GreaterThan),
            vec![Expr::column(&rows, span), zero],
            ScalarType::Bool,
            span,
        );
        node = Arc::new(Node::Filter { input: node, predicate: some });
    }
    Relation { node, columns, ..Relation::default() }
}

fn axis(binder: &mut Binder, series: &ast::MakeSeries, on: &ast::Expr, row: Row) -> Option<Axis> {
    let value = binder.expr(on, row).convert_unknown(ScalarType::Datetime);
    // bins of ints are longs
    let value = if value.ty == ScalarType::Int { value.convert(ScalarType::Long) } else { value };
    let (first, end, step, inclusive) = match &series.range {
        ast::MakeSeriesRange::Steps { from, to, step } => (from.as_ref(), to.as_ref(), step, false),
        ast::MakeSeriesRange::InRange(args, span) => match args.as_slice() {
            [from, to, step] => (Some(from), Some(to), step, true),
            _ => {
                binder.error(codes::ARGUMENT_COUNT, *span, "The function 'range' expects 3 arguments.");
                return None;
            }
        },
    };
    let mut constant = |e: Option<&ast::Expr>| e.map(|e| binder.expr(e, Row::default()));
    let (first, end, step) = (constant(first), constant(end), constant(Some(step))?);
    let (first, end) = (first.map(|e| e.convert_unknown(value.ty)), end.map(|e| e.convert_unknown(value.ty)));
    if [Some(&value), first.as_ref(), end.as_ref(), Some(&step)]
        .into_iter()
        .flatten()
        .any(|e| e.ty == ScalarType::Unknown)
    {
        return None;
    }
    let ty = value.ty;
    let distance = if ty == ScalarType::Datetime { ScalarType::Timespan } else { ty };
    let fits = |e: &Expr, want: ScalarType| e.ty == want || (want.is_number() && e.ty.is_number());
    if !ty.is_summable() {
        binder.error(
            codes::SUMMABLE_EXPECTED,
            value.span,
            "The argument value must be summable: a number, timespan or datetime.",
        );
        return None;
    }
    for (e, want) in [(first.as_ref(), ty), (end.as_ref(), ty), (Some(&step), distance)] {
        if let Some(e) = e
            && !fits(e, want)
        {
            binder.report(
                Diagnostic::error(codes::TYPE_EXPECTED, e.span, format!("A value of type {want} expected."))
                    .with_help(format!("the type is {}", e.ty)),
            );
            return None;
        }
    }
    let mut first = first.map(|e| e.convert(ty));
    let mut end = end.map(|e| e.convert(ty));
    let step = step.convert(distance);
    if inclusive && let Some(bin) = crate::functions::scalar("bin") {
        // the older form aligns its points like `bin()`, and includes its end
        let bin = |e: Expr| {
            let span = e.span;
            Expr::call(bin, vec![e, step.clone()], ty, span)
        };
        first = first.map(bin);
        end = end.map(bin).map(|e| {
            let span = e.span;
            Expr::call(operators::binary(BinaryOp::Add), vec![e, step.clone()], ty, span)
        });
    }
    Some(Axis { first, end, step, value })
}

/// The rows between first and end.
fn in_range(axis: &Axis, input: &Relation) -> Arc<Node> {
    let mut node = input.node.clone();
    let mut test = |op, bound: &Expr| {
        let args = vec![axis.value.clone(), bound.clone()];
        let predicate = Expr::call(operators::binary(op), args, ScalarType::Bool, bound.span);
        node = Arc::new(Node::Filter { input: node.clone(), predicate });
    };
    if let Some(first) = &axis.first {
        test(BinaryOp::GreaterThanOrEqual, first);
    }
    if let Some(end) = &axis.end {
        test(BinaryOp::LessThan, end);
    }
    if axis.first.is_none() && axis.end.is_none() {
        let predicate = match crate::functions::scalar("isnotnull") {
            Some(function) => Expr::call(function, vec![axis.value.clone()], ScalarType::Bool, axis.value.span),
            None => return node,
        };
        node = Arc::new(Node::Filter { input: node.clone(), predicate });
    }
    node
}

/// The bin of a row: counted from the first point, or aligned like `bin()`.
fn bin_of(axis: &Axis) -> Expr {
    let (ty, span) = (axis.value.ty, axis.value.span);
    let value = axis.value.clone();
    match (&axis.first, crate::functions::scalar("bin_at"), crate::functions::scalar("bin")) {
        (Some(first), Some(bin_at), _) => Expr::call(bin_at, vec![value, axis.step.clone(), first.clone()], ty, span),
        (_, _, Some(bin)) => Expr::call(bin, vec![value, axis.step.clone()], ty, span),
        _ => Expr { kind: ExprKind::Error, ty, span },
    }
}
