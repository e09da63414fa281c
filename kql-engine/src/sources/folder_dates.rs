//! Dates in the names of folders: `y=2026/m=03/d=10/h=05`, `year=2026/month=03`, `date=2026-03-10`.
//!
//! Exports put a row in the folder of the time when it arrived, and rows arrive late: the name of a folder does not show
//! the times of its rows. Files are skipped only if the user declares that folders contain the rows' own times.

use crate::time::{DAY, HOUR, days};
use crate::types::{ScalarType, TIME_COLUMNS, TableSchema};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use std::path::{Component, Path};

/// The meaning of the dates of folders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FolderDates {
    /// Times of arrival: they say nothing about the rows.
    #[default]
    Arrival,
    /// Times of the rows, in `TimeGenerated` or `Timestamp`: files with other times need not be read.
    Event,
}

/// Times in ticks, without the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    from: i64,
    to: i64,
}

impl Span {
    /// Whether the times are those of one day, or of a part of it.
    pub(super) fn is_within_a_day(self) -> bool {
        self.to - self.from <= DAY
    }
}

/// The time span of a file's folders, in UTC; `None` if they contain none. Minutes are ignored, since files of a whole
/// hour are in the folder of its first minute.
pub(super) fn span(path: &Path) -> Option<Span> {
    let (mut year, mut month, mut day, mut hour) = (None, None, None, None);
    for component in path.parent()?.components() {
        let Component::Normal(name) = component else { continue };
        let Some((key, value)) = name.to_str().and_then(|n| n.split_once('=')) else { continue };
        let number = || value.parse::<u32>().ok().filter(|_| value.len() <= 4);
        match key.to_ascii_lowercase().as_str() {
            "date" | "dt" | "ds" | "day" | "d" if value.len() > 2 => {
                let (y, m, d) = date(value)?;
                (year, month, day) = (Some(y), Some(m), Some(d));
            }
            "y" | "year" => year = number(),
            // a second m is the minute
            "m" | "month" if month.is_none() => month = number(),
            "d" | "day" => day = number(),
            "h" | "hour" | "hr" => hour = number(),
            _ => {}
        }
    }
    let year = year.filter(|y| (1..=9998).contains(y))?;
    let start = |y: u32, m: u32, d: u32| days(i64::from(y), m, d) * DAY;
    let Some(month) = month else { return Some(Span { from: start(year, 1, 1), to: start(year + 1, 1, 1) }) };
    let next = |m: u32| if m == 12 { start(year + 1, 1, 1) } else { start(year, m + 1, 1) };
    let month = Some(month).filter(|m| (1..=12).contains(m))?;
    let Some(day) = day else { return Some(Span { from: start(year, month, 1), to: next(month) }) };
    let from = start(year, month, day);
    if day == 0 || from >= next(month) {
        return None;
    }
    match hour {
        Some(hour) if hour < 24 => {
            let from = from + i64::from(hour) * HOUR;
            Some(Span { from, to: from + HOUR })
        }
        _ => Some(Span { from, to: from + DAY }),
    }
}

/// `2026-03-10` or `20260310`
fn date(text: &str) -> Option<(u32, u32, u32)> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    let plain = digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit());
    let dashed = text.len() == 8 || (text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-"));
    if !plain || !dashed {
        return None;
    }
    Some((digits.get(..4)?.parse().ok()?, digits.get(4..6)?.parse().ok()?, digits.get(6..)?.parse().ok()?))
}

/// Whether rows with these times can pass the filters.
pub(super) fn may_pass(filters: &[Expr], span: Span, schema: &TableSchema) -> bool {
    filters.iter().all(|filter| may_hold(filter, span, schema))
}

/// Whether the filter can be true for such a row; also true for filters that are not understood.
fn may_hold(filter: &Expr, span: Span, schema: &TableSchema) -> bool {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter else { return true };
    match op {
        Operator::And => may_hold(left, span, schema) && may_hold(right, span, schema),
        Operator::Or => may_hold(left, span, schema) || may_hold(right, span, schema),
        _ => {
            let (column, op, value) = match (&**left, &**right) {
                (Expr::Column(column), Expr::Literal(ScalarValue::Int64(Some(value)), _)) => (column, *op, *value),
                (Expr::Literal(ScalarValue::Int64(Some(value)), _), Expr::Column(column)) => match op.swap() {
                    Some(op) => (column, op, *value),
                    None => return true,
                },
                _ => return true,
            };
            let time = TIME_COLUMNS.contains(&column.name.as_str())
                && schema.column(&column.name).is_some_and(|c| c.ty == ScalarType::Datetime);
            if !time {
                return true;
            }
            match op {
                Operator::Gt => span.to - 1 > value,
                Operator::GtEq => span.to > value,
                Operator::Lt => span.from < value,
                Operator::LtEq => span.from <= value,
                Operator::Eq => span.from <= value && value < span.to,
                _ => true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str) -> String {
        let text = kql_parser::time::datetime_text;
        span(Path::new(path)).map_or_else(|| "-".to_owned(), |s| format!("{} {}", text(s.from), text(s.to)))
    }

    #[test]
    fn names_of_folders() {
        let day = "2026-03-10T00:00:00 2026-03-11T00:00:00";
        let hour = "2026-03-10T05:00:00 2026-03-10T06:00:00";
        assert_eq!(shown("a/date=2026-03-10/x.parquet"), day);
        assert_eq!(shown("dt=20260310/x.parquet"), day);
        assert_eq!(shown("year=2026/month=3/day=10/x.json"), day);
        assert_eq!(shown("date=2026-03-10/hour=05/x.json"), hour);
        assert_eq!(shown("tenantId=a/y=2026/m=03/d=10/h=05/m=00/PT1H.json"), hour);
        assert_eq!(shown("y=2026/m=03/d=10/h=05/m=55/PT05M.json"), hour);
        assert_eq!(shown("y=2026/x.csv"), "2026-01-01T00:00:00 2027-01-01T00:00:00");
        assert_eq!(shown("y=2026/m=12/x.csv"), "2026-12-01T00:00:00 2027-01-01T00:00:00");
        for none in ["x.csv", "a=b/x.csv", "m=03/d=10/x.csv", "date=soon/x.csv", "y=2026/m=13/x.csv"] {
            assert_eq!(shown(none), "-", "{none}");
        }
        assert_eq!(shown("y=2026/m=02/d=30/x.csv"), "-");
        assert_eq!(shown("date=2026-03-10.csv"), "-");
    }
}
