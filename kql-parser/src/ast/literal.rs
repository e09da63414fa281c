//! Literal values. `None` is the typed null, as in `int(null)`.

use crate::Span;

/// A scalar literal.
#[derive(Clone, PartialEq, Debug)]
pub enum Literal {
    /// `true`, `bool(true)`, `bool(null)`
    Bool(Option<bool>),
    /// `int(5)`
    Int(Option<i32>),
    /// `5`, `0x1F`, `long(5)`
    Long(Option<i64>),
    /// `1.5`, `1e3`, `real(nan)`, `double(+inf)`
    Real(Option<f64>),
    /// `decimal(1.5)`: the digits as written
    Decimal(Option<String>),
    /// `'a'`, `"a"`, `@'a'`, `h"a"`, three backticks, also several in a row: the value, escapes resolved
    String(String),
    /// `datetime(2020-01-01)`: 100 ns ticks since 0001-01-01T00:00:00Z
    Datetime(Option<i64>),
    /// `datetime()`, `datetime(now)`: the time of the query
    DatetimeNow,
    /// `datetime(8:00 AM)`: ticks since midnight of the day of the query
    TimeOfDay(i64),
    /// `1d`, `time(1.02:03:04)`, `timespan(2)`: 100 ns ticks
    Timespan(Option<i64>),
    /// `guid(74be27de-1e4e-49d9-b579-fe0b331d3642)`: 16 bytes, big-endian
    Guid(Option<u128>),
    /// `dynamic({"a": [1, 2]})`
    Dynamic(Dynamic),
}

/// A value inside `dynamic(...)`: JSON, or a KQL scalar.
#[derive(Clone, PartialEq, Debug)]
pub enum Dynamic {
    /// `null`
    Null,
    /// `[1, 2]`
    Array(Vec<Dynamic>),
    /// `{"a": 1}`, in the order of the text
    Bag(Vec<(String, Dynamic)>),
    /// Any other value: `"a"`, `1`, `1.5`, `true`, `datetime(2020-01-01)`, `1h`, `guid(...)`
    Scalar(Box<Literal>),
}

/// A scalar type as written: `long`, `int64`, `date`; the binder resolves aliases.
#[derive(Clone, PartialEq, Debug)]
pub struct TypeName {
    /// The word, as written.
    pub text: String,
    /// Its position in the text.
    pub span: Span,
}
