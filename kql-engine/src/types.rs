//! The ten scalar types of KQL, table schemas, and how values of each type are stored in Arrow arrays.
//!
//! | KQL type | Arrow type | notes |
//! | --- | --- | --- |
//! | bool, int, long, real | Boolean, Int32, Int64, Float64 | |
//! | decimal | Decimal256(76, 18) | |
//! | string | Utf8 | never null: a missing string is `""` |
//! | datetime | Int64 | 100 ns ticks since 0001-01-01T00:00:00Z |
//! | timespan | Int64 | 100 ns ticks |
//! | guid | Utf8 | lower case with hyphens |
//! | dynamic | Utf8 | compact JSON text; `dynamic(null)` is an Arrow null |

use arrow::datatypes::{DataType, Field};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;

/// Digits after the decimal point of a decimal column.
pub const DECIMAL_SCALE: i8 = 18;
/// Digits of a decimal column.
pub const DECIMAL_PRECISION: u8 = 76;
/// Key of the Arrow field metadata that names the KQL type.
pub const TYPE_KEY: &str = "kql.type";

/// The columns with the time of a row, in order of precedence: the names of Sentinel and of Defender.
pub(crate) const TIME_COLUMNS: [&str; 2] = ["TimeGenerated", "Timestamp"];

/// The column with the time at which a row arrived.
pub(crate) const RECEIVED: &str = "_TimeReceived";

/// A scalar type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ScalarType {
    /// `bool`
    Bool,
    /// `int`, 32 bits
    Int,
    /// `long`, 64 bits
    Long,
    /// `real`
    Real,
    /// `decimal`
    Decimal,
    /// `string`
    String,
    /// `datetime`
    Datetime,
    /// `timespan`
    Timespan,
    /// `guid`
    Guid,
    /// `dynamic`
    Dynamic,
    /// The type of an expression with a reported error, which never runs, and of an undeclared column,
    /// which has no value in any row. It is accepted everywhere.
    Unknown,
}

use ScalarType::*;

impl ScalarType {
    /// All types that a value can have.
    pub const ALL: [ScalarType; 10] = [Bool, Int, Long, Real, Decimal, String, Datetime, Timespan, Guid, Dynamic];

    /// Its name in KQL.
    pub const fn name(self) -> &'static str {
        match self {
            Bool => "bool",
            Int => "int",
            Long => "long",
            Real => "real",
            Decimal => "decimal",
            String => "string",
            Datetime => "datetime",
            Timespan => "timespan",
            Guid => "guid",
            Dynamic => "dynamic",
            Unknown => "unknown",
        }
    }

    /// The type with a name or alias (`int64`, `date`, `uuid`); `None` if there is no such type.
    pub fn from_name(name: &str) -> Option<ScalarType> {
        Some(match name {
            "bool" | "boolean" => Bool,
            "int" | "int32" | "uint" | "uint32" | "int8" | "uint8" | "int16" | "uint16" => Int,
            "long" | "int64" | "ulong" | "uint64" => Long,
            "real" | "double" | "float" => Real,
            "decimal" => Decimal,
            "string" => String,
            "datetime" | "date" => Datetime,
            "timespan" | "time" => Timespan,
            "guid" | "uuid" | "uniqueid" => Guid,
            "dynamic" => Dynamic,
            _ => return None,
        })
    }

    /// How its values are stored in Arrow arrays.
    pub fn arrow(self) -> DataType {
        match self {
            Bool => DataType::Boolean,
            Int => DataType::Int32,
            Long | Datetime | Timespan => DataType::Int64,
            Real => DataType::Float64,
            Decimal => DataType::Decimal256(DECIMAL_PRECISION, DECIMAL_SCALE),
            String | Guid | Dynamic | Unknown => DataType::Utf8,
        }
    }

    /// Its name in .NET, as `getschema` and schemas for clients call it.
    pub fn runtime_name(self) -> &'static str {
        match self {
            ScalarType::Bool => "System.SByte",
            ScalarType::Int => "System.Int32",
            ScalarType::Long => "System.Int64",
            ScalarType::Real => "System.Double",
            ScalarType::Decimal => "System.Data.SqlTypes.SqlDecimal",
            ScalarType::String => "System.String",
            ScalarType::Datetime => "System.DateTime",
            ScalarType::Timespan => "System.TimeSpan",
            ScalarType::Guid => "System.Guid",
            ScalarType::Dynamic | ScalarType::Unknown => "System.Object",
        }
    }

    /// int, long, real, decimal
    pub fn is_number(self) -> bool {
        matches!(self, Int | Long | Real | Decimal)
    }

    /// int, long
    pub fn is_integer(self) -> bool {
        matches!(self, Int | Long)
    }

    /// The types that can be summed: numbers, datetime and timespan.
    pub fn is_summable(self) -> bool {
        self.is_number() || matches!(self, Datetime | Timespan)
    }
}

impl fmt::Display for ScalarType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A named, typed column.
#[derive(Clone, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub struct Column {
    /// Its name, case-sensitive.
    pub name: std::string::String,
    /// Its type.
    pub ty: ScalarType,
}

impl Column {
    /// A column.
    pub fn new(name: impl Into<std::string::String>, ty: ScalarType) -> Self {
        Column { name: name.into(), ty }
    }

    /// The Arrow field inside plans, without the KQL type.
    pub fn plain_field(&self) -> Field {
        Field::new(&self.name, self.ty.arrow(), self.ty != String)
    }

    /// The Arrow field, which carries the KQL type in its metadata.
    pub fn field(&self) -> Field {
        Field::new(&self.name, self.ty.arrow(), self.ty != String)
            .with_metadata(HashMap::from([(TYPE_KEY.to_owned(), self.ty.name().to_owned())]))
    }
}

/// The columns of a table, in order.
#[derive(Clone, PartialEq, Eq, Debug, Hash, Default, Serialize, Deserialize)]
pub struct TableSchema {
    /// In order; names are unique.
    pub columns: Vec<Column>,
}

impl TableSchema {
    /// The column with this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// The time of the rows: `TimeGenerated`, else `Timestamp`.
    pub fn time(&self) -> Option<&Column> {
        let time = |name| self.columns.iter().find(|c| c.name == name && c.ty == ScalarType::Datetime);
        TIME_COLUMNS.into_iter().find_map(time)
    }

    /// The Arrow schema inside plans. It does not contain KQL's types, which the plan knows: DataFusion requires the
    /// metadata of all legs of a union to be equal.
    pub fn plain(&self) -> arrow::datatypes::SchemaRef {
        let fields = self.columns.iter().map(Column::plain_field);
        std::sync::Arc::new(arrow::datatypes::Schema::new(fields.collect::<Vec<_>>()))
    }

    /// The Arrow schema of a result, which carries the KQL types in its fields' metadata.
    pub fn arrow(&self) -> arrow::datatypes::SchemaRef {
        std::sync::Arc::new(arrow::datatypes::Schema::new(self.columns.iter().map(Column::field).collect::<Vec<_>>()))
    }
}
