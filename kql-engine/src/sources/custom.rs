//! The types of columns in custom tables (`…_CL`), where the catalogue is often wrong.
//!
//! 1. The suffix that the service adds to a column determines its type: `_s` string, `_d` real, `_b` bool, `_t` datetime,
//!    `_g` guid. A string column of the catalogue stays string with `_g`, and a dynamic one stays dynamic with `_s`: both
//!    types hold the same texts.
//! 2. If a column has values and none fits that type, the type is that of the values, and a notice says so.
//! 3. A column without values has the catalogue's type. Columns that the catalogue lacks follow the first two rules.

use super::builder;
use super::dates;
use super::kinds::Kinds;
use crate::types::ScalarType;
use kql_scan::json_text::Raw;
use kql_scan::unescape;

/// Whether the table is a custom table.
pub(super) fn is_custom(table: &str) -> bool {
    table.ends_with("_CL")
}

/// The expected type of a column according to its name.
pub(super) fn by_suffix(column: &str) -> Option<ScalarType> {
    Some(match column.get(column.len().checked_sub(2)?..)? {
        "_s" => ScalarType::String,
        "_d" => ScalarType::Real,
        "_b" => ScalarType::Bool,
        "_t" => ScalarType::Datetime,
        "_g" => ScalarType::Guid,
        _ => return None,
    })
}

/// The expected type of a column according to its name and the catalogue.
pub(super) fn expected(column: &str, catalogue: ScalarType) -> ScalarType {
    match (by_suffix(column).unwrap_or(catalogue), catalogue) {
        (ScalarType::Guid, ScalarType::String) | (ScalarType::String, ScalarType::Dynamic) => catalogue,
        (by_name, _) => by_name,
    }
}

/// The kind of a value, and whether it is valid in the expected type.
pub(super) fn kinds(expected: ScalarType, value: Raw) -> Kinds {
    let (kind, text) = match value {
        Raw::Null => return Kinds::default(),
        Raw::Bool(_) => {
            let takes = matches!(expected, ScalarType::Bool | ScalarType::Long | ScalarType::Int);
            return if takes || is_any(expected) { Kinds::BOOL.fitting() } else { Kinds::BOOL };
        }
        Raw::Nested(_) => return if is_any(expected) { Kinds::NESTED.fitting() } else { Kinds::NESTED },
        Raw::Number(text) => (Kinds::of_number(text).unwrap_or(Kinds::REAL), text.into()),
        Raw::String(text) => {
            let text = unescape(text);
            (Kinds::of_csv(&text), text)
        }
    };
    of(expected, kind, &text)
}

/// The kind of a text in CSV, and whether it is valid in the expected type.
pub(super) fn kinds_of_text(expected: ScalarType, text: &str) -> Kinds {
    of(expected, Kinds::of_csv(text), text)
}

fn of(expected: ScalarType, kind: Kinds, text: &str) -> Kinds {
    let text = text.trim();
    if text.is_empty() {
        return Kinds::EMPTY;
    }
    let date =
        || dates::epoch(text).is_some() || dates::data_datetime(text).is_some() || dates::numeric(text).is_some();
    let takes = match expected {
        ScalarType::Datetime => date(),
        ty => is_any(ty) || builder::takes(ty, text),
    };
    if takes { kind.fitting() } else { kind }
}

fn is_any(ty: ScalarType) -> bool {
    matches!(ty, ScalarType::String | ScalarType::Dynamic)
}

/// Whether a column of an Arrow file converts to the expected type without loss.
pub(super) fn converts(from: ScalarType, expected: ScalarType) -> bool {
    use ScalarType::*;
    from == expected
        || matches!(
            (from, expected),
            (_, String | Dynamic) | (String, _) | (Int | Long, Real | Decimal) | (Int, Long) | (Long, Datetime)
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use ScalarType::*;

    #[test]
    fn suffixes() {
        assert_eq!(expected("clickIP_s", Real), String);
        assert_eq!(expected("risk_d", Int), Real);
        assert_eq!(expected("id_g", String), String);
        assert_eq!(expected("id_g", Datetime), Guid);
        assert_eq!(expected("parts_s", Dynamic), Dynamic);
        assert_eq!(expected("TimeGenerated", Datetime), Datetime);
        assert_eq!(expected("é", Long), Long);
    }

    #[test]
    fn what_fits() {
        let fits = |ty, text| kinds_of_text(ty, text).fits();
        assert!(fits(Real, "1.5") && fits(Bool, "True") && fits(Guid, "74BE27DE-1E4E-49D9-B579-FE0B331D3642"));
        assert!(fits(Datetime, "25/10/2023 10:00") && fits(Datetime, "1700000000") && fits(String, "x"));
        assert!(!fits(Real, "x") && !fits(Bool, "maybe") && !fits(Datetime, "soon") && !fits(Long, "1.5"));
        assert!(kinds(Real, Raw::String("1.5")).fits() && !kinds(Real, Raw::Bool(true)).fits());
        assert!(!kinds(Real, Raw::Nested("[]")).fits() && kinds(Dynamic, Raw::Nested("[]")).fits());
    }
}
