//! `geo_polygon_lookup`, `geo_line_lookup`: rows of a table whose polygon contains a point, or whose line is near it.
//!
//! <https://learn.microsoft.com/kusto/query/geo-polygon-lookup-plugin>

use super::{Plugin, unmatched};
use crate::bind::Binder;
use crate::functions::{geo, operators};
use crate::plan::{Expr, JoinKind, Node, PlanColumn, Relation};
use crate::registry::ScalarFunction;
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::ast::{self, BinaryOp};
use kql_parser::codes;
use std::sync::Arc;

pub static GEO_POLYGON_LOOKUP: Plugin = Plugin {
    name: "geo_polygon_lookup",
    signature: "(table, polygon: dynamic, longitude: real, latitude: real, [radius: real], [return_unmatched: bool], [lookup_area_radius: real], [return_lookup_key: bool])",
    summary: "Joins points with the rows of a table whose polygon contains them or is near.",
    page: "geo-polygon-lookup-plugin",
    bind: |binder, evaluate, input| bind(binder, evaluate, input, &POLYGON),
};

pub static GEO_LINE_LOOKUP: Plugin = Plugin {
    name: "geo_line_lookup",
    signature: "(table, line: dynamic, longitude: real, latitude: real, radius: real, [return_unmatched: bool], [lookup_area_radius: real], [return_lookup_key: bool])",
    summary: "Joins points with the rows of a table whose line is near.",
    page: "geo-line-lookup-plugin",
    bind: |binder, evaluate, input| bind(binder, evaluate, input, &LINE),
};

struct Shape {
    /// Tests whether the point is inside, if no radius is given.
    inside: Option<&'static ScalarFunction>,
    distance: &'static ScalarFunction,
}

static POLYGON: Shape = Shape { inside: Some(&geo::POINT_IN_POLYGON), distance: &geo::DISTANCE_POINT_TO_POLYGON };
static LINE: Shape = Shape { inside: None, distance: &geo::DISTANCE_POINT_TO_LINE };

/// The optional arguments, in order.
const OPTIONS: [&str; 4] = ["radius", "return_unmatched", "lookup_area_radius", "return_lookup_key"];

fn bind(binder: &mut Binder, evaluate: &ast::Evaluate, input: Relation, shape: &Shape) -> Relation {
    bound(binder, evaluate, &input, shape).unwrap_or_else(|| binder.empty_relation())
}

fn bound(binder: &mut Binder, evaluate: &ast::Evaluate, input: &Relation, shape: &Shape) -> Option<Relation> {
    let (call, span) = (&evaluate.call, evaluate.call_span);
    let least = if shape.inside.is_some() { 4 } else { 5 };
    let [table, key, longitude, latitude, rest @ ..] = call.args.as_slice() else {
        super::timeline::too_few(binder, evaluate, least);
        return None;
    };
    let table = binder.tabular(table);
    let table = crate::plan::with_new_ids(&mut binder.ids, &table);
    let key_span = key.span;
    let key = super::column_of(binder, key, &table)?;
    if !matches!(key.ty, ScalarType::Dynamic | ScalarType::Unknown) {
        binder.error(codes::TYPE_EXPECTED, key_span, "Expected a dynamic column with GeoJSON shapes.");
        return None;
    }
    let mut place = |argument: &ast::Expr| {
        let column = super::column_of(binder, argument, input)?;
        if !column.ty.is_number() && column.ty != ScalarType::Unknown {
            binder.error(codes::TYPE_EXPECTED, argument.span, "Expected a numeric column with degrees.");
            return None;
        }
        Some(Expr::column(&column, span).convert(ScalarType::Real))
    };
    let (longitude, latitude) = (place(longitude)?, place(latitude)?);
    let options = options(binder, rest)?;
    let radius = options.radius;
    if radius.is_none() && shape.inside.is_none() {
        super::timeline::too_few(binder, evaluate, least);
        return None;
    }
    // every pair of rows, filtered to the near ones
    let numbered = binder.window(input.clone(), Vec::new());
    let one = || Expr::constant(Value::Long(1), ScalarType::Long, span);
    let pairs = Node::Join {
        kind: JoinKind::Inner,
        left: numbered.node.clone(),
        right: table.node.clone(),
        on: vec![(one(), one())],
    };
    let args = vec![longitude, latitude, Expr::column(&key, span)];
    let predicate = match (radius, shape.inside) {
        (None, Some(inside)) => Expr::call(inside, args, ScalarType::Bool, span),
        (radius, _) => {
            let distance = Expr::call(shape.distance, args, ScalarType::Real, span);
            let radius = Expr::constant(Value::Real(radius.unwrap_or(0.0)), ScalarType::Real, span);
            let near = operators::binary(BinaryOp::LessThanOrEqual);
            Expr::call(near, vec![distance, radius], ScalarType::Bool, span)
        }
    };
    let found = Node::Filter { input: Arc::new(pairs), predicate };
    let added: Vec<PlanColumn> = table.columns.iter().filter(|c| options.key || c.id != key.id).cloned().collect();
    let columns = crate::plan::side_by_side(&input.columns, added.clone());
    let open = input.open || table.open;
    if !options.unmatched {
        let node = Node::Project { input: Arc::new(found), columns: crate::plan::identity(&columns) };
        return Some(Relation { node: Arc::new(node), columns, open, ..Relation::default() });
    }
    let all = unmatched::with_unmatched(binder, &numbered, found, columns, &added, span);
    Some(Relation { open, ..all })
}

#[derive(Default)]
struct Given {
    radius: Option<f64>,
    unmatched: bool,
    key: bool,
}

fn options(binder: &mut Binder, arguments: &[ast::Expr]) -> Option<Given> {
    let mut given = Given::default();
    for (place, argument) in arguments.iter().enumerate() {
        let (name, value) = match &argument.kind {
            ast::ExprKind::Named(named) => (named.names.first().map(|n| n.text.as_str()), &named.value),
            _ => (OPTIONS.get(place).copied(), argument),
        };
        let bound = binder.fixed(value);
        let number = match bound.as_constant() {
            Some(Value::Real(real)) => Some(*real),
            Some(constant) => constant.as_long().map(|n| n as f64),
            None => None,
        };
        match (name, bound.as_constant(), number) {
            (Some("radius"), _, Some(radius)) if radius >= 0.0 && radius.is_finite() => given.radius = Some(radius),
            // the area to search first: only affects speed
            (Some("lookup_area_radius"), _, Some(_)) => {}
            (Some("return_unmatched"), Some(Value::Bool(wanted)), _) => given.unmatched = *wanted,
            (Some("return_lookup_key"), Some(Value::Bool(wanted)), _) => given.key = *wanted,
            _ if bound.ty == ScalarType::Unknown => return None,
            (Some(name), ..) if OPTIONS.contains(&name) => {
                let wanted = if name.starts_with("return") { "true or false" } else { "a number of 0 or more" };
                binder.error(codes::TYPE_EXPECTED, value.span, format!("{name} must be {wanted}."));
                return None;
            }
            _ => {
                binder.error(
                    codes::ARGUMENT_COUNT,
                    argument.span,
                    format!("The arguments after the columns must be {}.", OPTIONS.join(", ")),
                );
                return None;
            }
        }
    }
    Some(given)
}
