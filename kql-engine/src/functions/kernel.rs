//! Reading arguments and creating results, for kernels.
//!
//! An argument is a constant or a column; both are read by row number, and the branch is the same for a whole batch.

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal256Array, Float64Array, Int32Array, Int64Array, StringArray,
    StringBuilder,
};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{Decimal256Type, Float64Type, Int32Type, Int64Type};
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err};
use datafusion::logical_expr::ColumnarValue;
use std::sync::Arc;

use crate::budget::{self, Pace};
use crate::decimal::{self, Scaled};
use crate::dynamic::read::Part;
use crate::registry::Call;
use crate::types::{DECIMAL_PRECISION, DECIMAL_SCALE, ScalarType};

/// Numbers of one type.
pub enum Numbers<'a, T, A> {
    /// The same for all rows.
    Scalar(Option<T>),
    /// One for each row.
    Column(&'a A),
}

/// Longs, datetimes or timespans.
pub type Longs<'a> = Numbers<'a, i64, Int64Array>;
/// Ints.
pub type Ints<'a> = Numbers<'a, i32, Int32Array>;
/// Reals.
pub type Reals<'a> = Numbers<'a, f64, Float64Array>;
/// Decimals, scaled.
pub type Decimals<'a> = Numbers<'a, Scaled, Decimal256Array>;
/// Bools.
pub type Bools<'a> = Numbers<'a, bool, BooleanArray>;

macro_rules! numbers {
    ($name:ident, $ty:ty, $array:ty) => {
        impl Numbers<'_, $ty, $array> {
            /// The value of row `i`.
            #[inline]
            pub fn get(&self, i: usize) -> Option<$ty> {
                match self {
                    Numbers::Scalar(value) => *value,
                    Numbers::Column(array) => (!array.is_null(i)).then(|| array.value(i)),
                }
            }
        }
    };
}
numbers!(Longs, i64, Int64Array);
numbers!(Ints, i32, Int32Array);
numbers!(Reals, f64, Float64Array);
numbers!(Decimals, Scaled, Decimal256Array);
numbers!(Bools, bool, BooleanArray);

/// Numbers of any numeric type.
pub enum AnyNumber<'a> {
    /// int
    Int(Ints<'a>),
    /// long
    Long(Longs<'a>),
    /// real
    Real(Reals<'a>),
    /// decimal
    Decimal(Decimals<'a>),
}

impl AnyNumber<'_> {
    /// The value of row `i` as a real.
    #[inline]
    pub fn get(&self, i: usize) -> Option<f64> {
        match self {
            AnyNumber::Int(v) => v.get(i).map(f64::from),
            AnyNumber::Long(v) => v.get(i).map(|n| n as f64),
            AnyNumber::Real(v) => v.get(i),
            AnyNumber::Decimal(v) => v.get(i).map(decimal::to_real),
        }
    }
}

/// Strings, guids or dynamics.
pub enum Strings<'a> {
    /// The same for all rows.
    Scalar(Option<&'a str>),
    /// One for each row.
    Column(&'a StringArray),
}

impl Strings<'_> {
    /// The value of row `i`; a null string reads as empty.
    #[inline]
    pub fn get(&self, i: usize) -> &str {
        self.option(i).unwrap_or("")
    }

    /// The value of row `i`; `None` if it is null.
    #[inline]
    pub fn option(&self, i: usize) -> Option<&str> {
        match self {
            Strings::Scalar(value) => *value,
            Strings::Column(array) => (!array.is_null(i)).then(|| array.value(i)),
        }
    }
}

impl<'a> Call<'a> {
    fn arg(&self, n: usize) -> Result<&'a ColumnarValue> {
        match self.args.get(n) {
            Some(arg) => Ok(arg),
            None => internal_err!("argument {n} is missing"),
        }
    }

    /// The number of arguments.
    pub fn len(&self) -> usize {
        self.args.len()
    }

    /// Whether there are no arguments.
    pub fn is_empty(&self) -> bool {
        self.args.is_empty()
    }

    /// Argument `n` as longs, datetimes or timespans.
    pub fn longs(&self, n: usize) -> Result<Longs<'a>> {
        match self.arg(n)? {
            ColumnarValue::Scalar(ScalarValue::Int64(v)) => Ok(Longs::Scalar(*v)),
            ColumnarValue::Array(array) => match array.as_primitive_opt::<Int64Type>() {
                Some(array) => Ok(Longs::Column(array)),
                None => wrong(n, "Int64", array.data_type()),
            },
            ColumnarValue::Scalar(other) => wrong(n, "Int64", &other.data_type()),
        }
    }

    /// Argument `n` as ints.
    pub fn ints(&self, n: usize) -> Result<Ints<'a>> {
        match self.arg(n)? {
            ColumnarValue::Scalar(ScalarValue::Int32(v)) => Ok(Ints::Scalar(*v)),
            ColumnarValue::Array(array) => match array.as_primitive_opt::<Int32Type>() {
                Some(array) => Ok(Ints::Column(array)),
                None => wrong(n, "Int32", array.data_type()),
            },
            ColumnarValue::Scalar(other) => wrong(n, "Int32", &other.data_type()),
        }
    }

    /// Argument `n` as reals.
    pub fn reals(&self, n: usize) -> Result<Reals<'a>> {
        match self.arg(n)? {
            ColumnarValue::Scalar(ScalarValue::Float64(v)) => Ok(Reals::Scalar(*v)),
            ColumnarValue::Array(array) => match array.as_primitive_opt::<Float64Type>() {
                Some(array) => Ok(Reals::Column(array)),
                None => wrong(n, "Float64", array.data_type()),
            },
            ColumnarValue::Scalar(other) => wrong(n, "Float64", &other.data_type()),
        }
    }

    /// Argument `n` as decimals.
    pub fn decimals(&self, n: usize) -> Result<Decimals<'a>> {
        match self.arg(n)? {
            ColumnarValue::Scalar(ScalarValue::Decimal256(v, ..)) => Ok(Decimals::Scalar(*v)),
            ColumnarValue::Array(array) => match array.as_primitive_opt::<Decimal256Type>() {
                Some(array) => Ok(Decimals::Column(array)),
                None => wrong(n, "Decimal256", array.data_type()),
            },
            ColumnarValue::Scalar(other) => wrong(n, "Decimal256", &other.data_type()),
        }
    }

    /// Argument `n` as bools.
    pub fn bools(&self, n: usize) -> Result<Bools<'a>> {
        match self.arg(n)? {
            ColumnarValue::Scalar(ScalarValue::Boolean(v)) => Ok(Bools::Scalar(*v)),
            ColumnarValue::Array(array) => match array.as_boolean_opt() {
                Some(array) => Ok(Bools::Column(array)),
                None => wrong(n, "Boolean", array.data_type()),
            },
            ColumnarValue::Scalar(other) => wrong(n, "Boolean", &other.data_type()),
        }
    }

    /// Argument `n` as strings, guids or dynamics.
    pub fn strings(&self, n: usize) -> Result<Strings<'a>> {
        match self.arg(n)? {
            ColumnarValue::Scalar(ScalarValue::Utf8(v)) => Ok(Strings::Scalar(v.as_deref())),
            ColumnarValue::Array(array) => match array.as_string_opt::<i32>() {
                Some(array) => Ok(Strings::Column(array)),
                None => wrong(n, "Utf8", array.data_type()),
            },
            ColumnarValue::Scalar(other) => wrong(n, "Utf8", &other.data_type()),
        }
    }

    /// Argument `n` as longs; `default` if it is missing.
    pub fn longs_or(&self, n: usize, default: i64) -> Result<Longs<'a>> {
        if n < self.len() { self.longs(n) } else { Ok(Longs::Scalar(Some(default))) }
    }

    /// Argument `n` as bools; `default` if it is missing.
    pub fn bools_or(&self, n: usize, default: bool) -> Result<Bools<'a>> {
        if n < self.len() { self.bools(n) } else { Ok(Bools::Scalar(Some(default))) }
    }

    /// Argument `n`, a number of any type, as reals.
    pub fn numbers(&self, n: usize) -> Result<AnyNumber<'a>> {
        Ok(match self.types.get(n) {
            Some(ScalarType::Int) => AnyNumber::Int(self.ints(n)?),
            Some(ScalarType::Long) => AnyNumber::Long(self.longs(n)?),
            Some(ScalarType::Real) => AnyNumber::Real(self.reals(n)?),
            Some(ScalarType::Decimal) => AnyNumber::Decimal(self.decimals(n)?),
            other => return internal_err!("argument {n} has the type {other:?}, which is no number"),
        })
    }

    /// Argument `n` as an array of `rows` values.
    pub fn array(&self, n: usize) -> Result<ArrayRef> {
        self.arg(n)?.to_array(self.rows)
    }
}

fn wrong<T>(n: usize, want: &str, got: &arrow::datatypes::DataType) -> Result<T> {
    internal_err!("argument {n} is {got}, {want} expected")
}

/// Values of all rows, unless the run is stopped. Rows can take long, so this asks between them.
fn collected<T, A: FromIterator<Option<T>>>(rows: usize, mut f: impl FnMut(usize) -> Option<T>) -> Result<A> {
    let mut stopped = None;
    let values = (0..rows).map(|i| if goes_on(i, &mut stopped) { f(i) } else { None }).collect();
    stopped.map_or(Ok(values), Err)
}

/// Rows between two questions whether the run goes on.
const ROWS_BETWEEN_CHECKS: usize = 64;

/// Whether row `i` is to be computed.
#[inline]
fn goes_on(i: usize, stopped: &mut Option<DataFusionError>) -> bool {
    if i.is_multiple_of(ROWS_BETWEEN_CHECKS) && stopped.is_none() {
        *stopped = budget::check().err();
    }
    stopped.is_none()
}

/// Longs, datetimes or timespans as a result.
pub fn longs(rows: usize, f: impl FnMut(usize) -> Option<i64>) -> Result<ColumnarValue> {
    let array: Int64Array = collected(rows, f)?;
    Ok(ColumnarValue::Array(Arc::new(array)))
}

/// Ints as a result.
pub fn ints(rows: usize, f: impl FnMut(usize) -> Option<i32>) -> Result<ColumnarValue> {
    let array: Int32Array = collected(rows, f)?;
    Ok(ColumnarValue::Array(Arc::new(array)))
}

/// Reals as a result. All NaNs become the same NaN, so that groups and sets contain it once.
pub fn reals(rows: usize, mut f: impl FnMut(usize) -> Option<f64>) -> Result<ColumnarValue> {
    let array: Float64Array = collected(rows, |i| f(i).map(|v| if v.is_nan() { f64::NAN } else { v }))?;
    Ok(ColumnarValue::Array(Arc::new(array)))
}

/// Decimals as a result.
pub fn decimals(rows: usize, f: impl FnMut(usize) -> Option<Scaled>) -> Result<ColumnarValue> {
    let array: Decimal256Array = collected(rows, f)?;
    Ok(ColumnarValue::Array(Arc::new(array.with_precision_and_scale(DECIMAL_PRECISION, DECIMAL_SCALE)?)))
}

/// Bools without nulls as a result.
pub fn certain_bools(rows: usize, mut f: impl FnMut(usize) -> bool) -> Result<ColumnarValue> {
    let mut stopped = None;
    let values = BooleanBuffer::collect_bool(rows, |i| goes_on(i, &mut stopped) && f(i));
    stopped.map_or_else(|| Ok(ColumnarValue::Array(Arc::new(BooleanArray::new(values, None)))), Err)
}

/// Bools as a result.
pub fn bools(rows: usize, f: impl FnMut(usize) -> Option<bool>) -> Result<ColumnarValue> {
    let array: BooleanArray = collected(rows, f)?;
    Ok(ColumnarValue::Array(Arc::new(array)))
}

/// A column of texts within the bounds of a batch.
pub struct Texts {
    builder: StringBuilder,
    pace: Pace,
}

impl Texts {
    /// A column for that many rows.
    pub fn new(rows: usize) -> Texts {
        Texts { builder: StringBuilder::with_capacity(rows, rows * 8), pace: Pace::default() }
    }

    /// Adds a row; `None` is null.
    #[inline]
    pub fn push(&mut self, text: Option<&str>) -> Result<()> {
        let length = text.map_or(0, str::len);
        budget::column(self.builder.values_slice().len().saturating_add(length))?;
        self.builder.append_option(text);
        self.pace.row(length)
    }

    /// The column.
    pub fn finish(mut self) -> ArrayRef {
        Arc::new(self.builder.finish())
    }
}

/// What a function returns that writes the text of a row: nothing, or an error. Only functions that can write much more
/// than they read need to return errors.
pub trait Written {
    /// As a result.
    fn written(self) -> Result<()>;
}

impl Written for () {
    #[inline]
    fn written(self) -> Result<()> {
        Ok(())
    }
}

impl Written for Result<()> {
    #[inline]
    fn written(self) -> Result<()> {
        self
    }
}

/// Like [`Written`], of rows that can be null.
pub trait Found {
    /// Whether the row has a value, as a result.
    fn found(self) -> Result<bool>;
}

impl Found for bool {
    #[inline]
    fn found(self) -> Result<bool> {
        Ok(self)
    }
}

impl Found for Result<bool> {
    #[inline]
    fn found(self) -> Result<bool> {
        self
    }
}

/// Strings as a result, written into one buffer.
pub fn strings<W: Written>(rows: usize, mut f: impl FnMut(usize, &mut String) -> W) -> Result<ColumnarValue> {
    texts(rows, |i, out| f(i, out).written().map(|()| true))
}

/// Dynamics or guids as a result; `f` returns whether the row has a value.
pub fn texts<F: Found>(rows: usize, mut f: impl FnMut(usize, &mut String) -> F) -> Result<ColumnarValue> {
    let mut texts = Texts::new(rows);
    let mut text = String::new();
    for i in 0..rows {
        text.clear();
        let found = f(i, &mut text).found()?;
        budget::value(text.len())?;
        texts.push(found.then_some(text.as_str()))?;
    }
    Ok(ColumnarValue::Array(texts.finish()))
}

/// Texts that are parts of the arguments, as a result without nulls.
pub fn parts<'a>(rows: usize, mut f: impl FnMut(usize) -> Option<&'a str>) -> Result<ColumnarValue> {
    let mut texts = Texts::new(rows);
    for i in 0..rows {
        texts.push(f(i))?;
    }
    Ok(ColumnarValue::Array(texts.finish()))
}

/// Texts that usually are parts of the arguments; others are written into the buffer passed to `f`.
pub fn parts_or_texts<'a>(
    rows: usize,
    mut f: impl FnMut(usize, &mut String) -> Option<Part<'a>>,
) -> Result<ColumnarValue> {
    let mut texts = Texts::new(rows);
    let mut text = String::new();
    for i in 0..rows {
        text.clear();
        match f(i, &mut text) {
            Some(Part::Of(part)) => texts.push(Some(part))?,
            Some(Part::Written) => texts.push(Some(&text))?,
            None => texts.push(None)?,
        }
    }
    Ok(ColumnarValue::Array(texts.finish()))
}
