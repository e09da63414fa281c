//! Plugins, which `evaluate` calls. One file per plugin, with its columns and the code that computes its rows.

mod active_users_count;
mod activity_counts_metrics;
mod activity_metrics;
mod attributes;
mod autocluster;
pub(crate) mod bag_unpack;
mod basket;
mod dcount_intersect;
mod diffpatterns;
mod error;
mod frequent;
mod geo_lookup;
mod identity;
mod ip_lookup;
mod narrow;
mod new_activity_metrics;
mod pivot;
mod rolling_percentile;
mod rows_near;
mod schema_merge;
mod sequence_detect;
mod session_count;
mod sliding_window_counts;
mod timeline;
mod unmatched;

use crate::bind::Binder;
use crate::plan::{PlanColumn, Relation};
use crate::registry::ScalarFunction;
use crate::stored_rows::StoredRows;
use kql_parser::codes;
use kql_parser::{Span, ast};
use std::sync::Arc;

/// A plugin.
pub struct Plugin {
    /// Its name.
    pub name: &'static str,
    /// Its arguments, for people.
    pub signature: &'static str,
    /// A description in one sentence.
    pub summary: &'static str,
    /// The page of the Kusto documentation that it follows, without the host.
    pub page: &'static str,
    /// Binds a call, given the rows before it.
    pub bind: fn(&mut Binder, &ast::Evaluate, Relation) -> Relation,
}

/// All plugins.
pub static ALL: &[&Plugin] = &[
    &bag_unpack::BAG_UNPACK,
    &pivot::PIVOT,
    &narrow::NARROW,
    &ip_lookup::IPV4_LOOKUP,
    &ip_lookup::IPV6_LOOKUP,
    &activity_counts_metrics::ACTIVITY_COUNTS_METRICS,
    &activity_metrics::ACTIVITY_METRICS,
    &active_users_count::ACTIVE_USERS_COUNT,
    &session_count::SESSION_COUNT,
    &sliding_window_counts::SLIDING_WINDOW_COUNTS,
    &rolling_percentile::ROLLING_PERCENTILE,
    &sequence_detect::SEQUENCE_DETECT,
    &dcount_intersect::DCOUNT_INTERSECT,
    &schema_merge::SCHEMA_MERGE,
    &basket::BASKET,
    &autocluster::AUTOCLUSTER,
    &diffpatterns::DIFFPATTERNS,
    &geo_lookup::GEO_POLYGON_LOOKUP,
    &geo_lookup::GEO_LINE_LOOKUP,
    &new_activity_metrics::NEW_ACTIVITY_METRICS,
    &rows_near::ROWS_NEAR,
    &identity::IDENTITY,
    &identity::ESTIMATE_ROWS_COUNT,
];

/// The plugin with this name.
pub fn plugin(name: &str) -> Option<&'static Plugin> {
    ALL.iter().copied().find(|p| p.name == name)
}

/// The declared columns of `: (*, a: long)`. With `*`, they come after those of the input, and replace a column with the
/// same name.
fn declared(binder: &mut Binder, schema: &ast::EvaluateSchema, input: &[PlanColumn]) -> Vec<PlanColumn> {
    let mut columns: Vec<PlanColumn> = if schema.star { input.to_vec() } else { Vec::new() };
    for declaration in &schema.columns {
        let ty = binder.scalar_type(&declaration.ty);
        columns.retain(|c| c.name != declaration.name.text);
        columns.push(binder.new_column(declaration.name.text.clone(), ty));
    }
    columns
}

/// The rows of the input, if they can be computed now; errors are reported.
fn rows_of(binder: &mut Binder, input: &Relation, span: Span) -> Option<Arc<StoredRows>> {
    match binder.evaluate(input)? {
        Ok(rows) => Some(rows),
        Err(error) => {
            binder.error(codes::EVALUATION_FAILED, span, error.to_string());
            None
        }
    }
}

/// A result whose columns depend on the rows. Without rows, any column can be named, and is empty. The
/// service refuses such names, but a rule that finds nothing today is not a wrong rule.
fn known_by_rows(result: Relation, without_rows: bool) -> Relation {
    let open = result.open || without_rows;
    Relation { open, ..result }
}

/// The column that an argument names.
fn column_of(binder: &mut Binder, argument: &ast::Expr, input: &Relation) -> Option<PlanColumn> {
    let found = crate::bind::plain_column(argument, crate::bind::Row::of(input)).cloned();
    if found.is_none() && !input.open {
        if let ast::ExprKind::Name(_) = &argument.kind {
            binder.expr(argument, crate::bind::Row { columns: &input.columns, ..Default::default() });
        } else {
            binder.error(codes::COLUMN_EXPECTED, argument.span, "Column name expected.");
        }
    }
    found
}

/// The scalar functions that plans use for plugins.
pub(crate) fn internal_scalars() -> impl Iterator<Item = &'static ScalarFunction> {
    ip_lookup::INTERNAL.into_iter()
}
