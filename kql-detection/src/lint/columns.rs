//! Columns that a rule names and its result does not have.

use super::finding::Findings;
use super::query::Query;
use crate::problem::Place;
use kql_engine::Column;
use kql_parser::Span;

/// Reports a name that no column of the result has: with the step that drops it, or a similar name.
pub fn look_for_column(query: &Query<'_>, found: &mut Findings, name: &str, place: Place) {
    let Some(columns) = query.columns() else { return };
    if columns.iter().any(|column| column.name == name) {
        return;
    }
    let finding = found.in_file(place, format!("The result does not have the column '{name}'."));
    let known = || columns.iter().map(|column| column.name.as_str());
    let same = known().find(|known| known.eq_ignore_ascii_case(name));
    if let Some((operator, span)) = dropping(query, name).filter(|_| same.is_none()) {
        finding.label(span, format!("this '{operator}' drops it"));
        finding.help(format!("keep it in the '{operator}', or name another column"));
        return;
    }
    match same.or_else(|| kql_parser::suggest(name, known())) {
        Some(similar) => finding.help(format!("did you mean '{similar}'?")),
        None => finding.help(columns_of(columns)),
    };
}

fn columns_of(columns: &[Column]) -> String {
    let shown: Vec<&str> = columns.iter().map(|column| column.name.as_str()).take(8).collect();
    let more = columns.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("use one of its columns: {}{more}", shown.join(", "))
}

/// The last operator of the result that drops a column with this name, and where it is.
fn dropping<'q>(query: &'q Query<'_>, name: &str) -> Option<(&'q str, Span)> {
    let result = query.result()?;
    let operator = result.operators.iter().rev().find(|operator| {
        let meaning = query.meaning.operator(operator.span);
        meaning.is_some_and(|meaning| {
            meaning.input.iter().any(|column| column.name == name)
                && meaning.output.iter().all(|column| column.name != name)
        })
    })?;
    Some((operator.name_span.text(query.text), operator.name_span))
}
