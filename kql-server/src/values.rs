//! Values as JSON, in the encodings of the protocols.

use arrow::array::{Array, AsArray, RecordBatch};
use kql_engine::dynamic::write::string;
use kql_engine::{Column, ScalarType, cell};
use std::fmt::Write;

/// How the values of a protocol differ from those of Kusto.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Kusto's: a dynamic value is JSON.
    Kusto,
    /// That of Log Analytics: a dynamic value is a text.
    LogAnalytics,
}

/// Appends the rows of a batch as arrays with commas between them.
pub fn rows(batch: &RecordBatch, columns: &[Column], encoding: Encoding, out: &mut String) {
    for row in 0..batch.num_rows() {
        out.push_str(if row > 0 { ",\n[" } else { "[" });
        for (n, (column, array)) in columns.iter().zip(batch.columns()).enumerate() {
            if n > 0 {
                out.push(',');
            }
            value(array, column.ty, row, encoding, out);
        }
        out.push(']');
    }
}

/// Appends the rows of a batch as objects with commas between them.
pub fn objects(batch: &RecordBatch, columns: &[Column], out: &mut String) {
    for row in 0..batch.num_rows() {
        out.push_str(if row > 0 { ",\n{" } else { "{" });
        for (n, (column, array)) in columns.iter().zip(batch.columns()).enumerate() {
            if n > 0 {
                out.push(',');
            }
            string(&column.name, out);
            out.push(':');
            value(array, column.ty, row, Encoding::Kusto, out);
        }
        out.push('}');
    }
}

/// Appends a value.
pub fn value(array: &dyn Array, ty: ScalarType, row: usize, encoding: Encoding, out: &mut String) {
    if encoding == Encoding::LogAnalytics && ty == ScalarType::Dynamic && !array.is_null(row) {
        return string(array.as_string::<i32>().value(row), out);
    }
    cell::json(array, ty, row, out);
}

/// The name of a type in Kusto's second version, and in Log Analytics.
pub fn type_name(ty: ScalarType) -> &'static str {
    // an undeclared column has no values
    if ty == ScalarType::Unknown { "string" } else { ty.name() }
}

/// The name of a type in Kusto's first version, and in Defender.
pub fn data_type(ty: ScalarType) -> &'static str {
    match ty {
        ScalarType::Bool => "SByte",
        ScalarType::Int => "Int32",
        ScalarType::Long => "Int64",
        ScalarType::Real => "Double",
        ScalarType::Decimal => "SqlDecimal",
        ScalarType::String | ScalarType::Unknown => "String",
        ScalarType::Datetime => "DateTime",
        ScalarType::Timespan => "TimeSpan",
        ScalarType::Guid => "Guid",
        ScalarType::Dynamic => "Object",
    }
}

/// The name of a type as .NET knows it, in schemas.
pub fn dotnet(ty: ScalarType) -> &'static str {
    // an undeclared column has no values
    if ty == ScalarType::Unknown { ScalarType::String.runtime_name() } else { ty.runtime_name() }
}

/// The key of a column's type in an object, and how the type is called under it.
pub type TypeKey<'k> = (&'k str, fn(ScalarType) -> &'static str);

/// Appends the columns of a result as objects of a name and a type, under these keys.
pub fn columns(columns: &[Column], keys: &[TypeKey<'_>], name: &str, out: &mut String) {
    for (n, column) in columns.iter().enumerate() {
        let _ = write!(out, "{}{{\"{name}\":", if n > 0 { "," } else { "" });
        string(&column.name, out);
        for (key, ty) in keys {
            let _ = write!(out, ",\"{key}\":\"{}\"", ty(column.ty));
        }
        out.push('}');
    }
}
