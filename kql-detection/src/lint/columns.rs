//! Columns that a rule names and its result does not have.

use kql_engine::Column;

/// A sentence about a column that is missing, and advice.
pub fn missing_column(name: &str, columns: &[Column]) -> (String, String) {
    let message = format!("The result does not have the column '{name}'.");
    let known = || columns.iter().map(|column| column.name.as_str());
    let help =
        match known().find(|known| known.eq_ignore_ascii_case(name)).or_else(|| kql_parser::suggest(name, known())) {
            Some(similar) => format!("did you mean '{similar}'?"),
            None => {
                let shown: Vec<&str> = known().take(8).collect();
                let more = columns.len().saturating_sub(shown.len());
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                format!("use one of its columns: {}{more}", shown.join(", "))
            }
        };
    (message, help)
}
