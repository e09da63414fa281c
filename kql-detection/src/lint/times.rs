//! Filters of the time of events.

use super::query::{Query, plain};
use kql_engine::ScalarType;
use kql_parser::Span;
use kql_parser::ast::{BinaryOp, Expr, ExprKind};

/// The columns with the time of an event, by which tables are stored.
pub const TIME_COLUMNS: [&str; 3] = ["TimeGenerated", "Timestamp", "timestamp"];

/// Whether an expression is the time column of a table.
pub fn is_time_column(query: &Query<'_>, e: &Expr) -> bool {
    query.ty(plain(e)) == ScalarType::Datetime
        && query.table_column(plain(e)).is_some_and(|(_, column)| TIME_COLUMNS.contains(&column))
}

/// The earliest time that a condition asks for, in ticks, and where that is written: `Timestamp > ago(1d)`,
/// `Timestamp between (ago(2d) .. ago(1d))`.
pub fn earliest(query: &Query<'_>, condition: &Expr) -> Option<(i64, Span)> {
    use BinaryOp::{GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual};
    let bound = match &plain(condition).kind {
        ExprKind::Binary(b) if matches!(b.op, GreaterThan | GreaterThanOrEqual) && is_time_column(query, &b.left) => {
            &b.right
        }
        ExprKind::Binary(b) if matches!(b.op, LessThan | LessThanOrEqual) && is_time_column(query, &b.right) => &b.left,
        ExprKind::Between(between) if !between.negated && is_time_column(query, &between.value) => &between.low,
        _ => return None,
    };
    let meaning = query.expr(bound).filter(|meaning| meaning.ty == ScalarType::Datetime)?;
    Some((meaning.constant.as_ref()?.as_long()?, bound.span))
}

/// Whether a condition compares a time.
pub fn names_time(query: &Query<'_>, e: &Expr) -> bool {
    let mut found = false;
    super::query::scalars(e, |part| {
        let is_name = matches!(part.kind, ExprKind::Name(_) | ExprKind::Call(_));
        found |= is_name && query.ty(part) == ScalarType::Datetime;
    });
    found
}

/// A number of ticks in words: `14 days`, `1 hour`, `90 minutes`.
pub fn duration(ticks: i64) -> String {
    const UNITS: [(i64, &str); 3] = [(864_000_000_000, "day"), (36_000_000_000, "hour"), (600_000_000, "minute")];
    for (unit, name) in UNITS {
        // a clock that was read a moment later does not change the number
        let rounded = (ticks + unit / 20) / unit;
        if rounded > 0 && (ticks - rounded * unit).abs() <= unit / 20 {
            let plural = if rounded == 1 { "" } else { "s" };
            return format!("{rounded} {name}{plural}");
        }
    }
    format!("{} minutes", ticks / 600_000_000)
}
