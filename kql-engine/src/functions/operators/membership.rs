//! `in`, `in~`, `has_any`, `has_all` and the negated forms: lists, compiled once if they are constants.
//!
//! A dynamic among the items is a list too; lists in it are flattened.

use super::Polarity;
use crate::dynamic::read::{self, Kind};
use crate::registry::{
    Call, CallInfo, Eval, Kernel, ParameterType::Scalar, ResultName, Returns, ScalarFunction, Signature, p, repeated,
    sig,
};
use crate::types::ScalarType::{self, Bool};
use crate::value::Value;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::{Decimal256Type, Float64Type, Int32Type, Int64Type};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::ColumnarValue;
use kql_scan::text::{Case, Matcher, Mode};
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

static SIGNATURES: [Signature; 1] =
    [sig(&[p("value", Scalar), repeated("item", Scalar, 1_000_000)], Returns::Is(Bool))];

macro_rules! membership {
    ($row:ident, $name:literal, $kind:expr, $summary:literal) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &SIGNATURES,
            result_name: ResultName::None,
            summary: $summary,
            page: "operator:in-operator",
            eval: Eval::Compiled(|info| compile(info, $kind)),
        };
    };
}

membership!(
    IN,
    "in~",
    Test::Equal { case: Case::Insensitive, polarity: Polarity::Positive },
    "True where the value is one of the items, without regard to case."
);
membership!(
    NOT_IN,
    "!in~",
    Test::Equal { case: Case::Insensitive, polarity: Polarity::Negative },
    "True where the value is none of the items, without regard to case."
);
membership!(
    IN_CS,
    "in",
    Test::Equal { case: Case::Sensitive, polarity: Polarity::Positive },
    "True where the value is one of the items."
);
membership!(
    NOT_IN_CS,
    "!in",
    Test::Equal { case: Case::Sensitive, polarity: Polarity::Negative },
    "True where the value is none of the items."
);
membership!(HAS_ANY, "has_any", Test::HasAny, "True where the text has any of the terms.");
membership!(HAS_ALL, "has_all", Test::HasAll, "True where the text has all of the terms.");

#[derive(Clone, Copy)]
enum Test {
    Equal { case: Case, polarity: Polarity },
    HasAny,
    HasAll,
}

impl Test {
    fn polarity(self) -> Polarity {
        match self {
            Test::Equal { polarity, .. } => polarity,
            Test::HasAny | Test::HasAll => Polarity::Positive,
        }
    }
}

fn compile(info: &CallInfo, test: Test) -> Result<Box<dyn Kernel>> {
    let Some(ty) = info.types.first().copied() else { return internal_err!("membership of nothing") };
    // a dynamic value is tested by its text
    let textual = matches!(ty, ScalarType::String | ScalarType::Dynamic);
    let items: Option<Vec<(&Value, ScalarType)>> = info
        .constants
        .iter()
        .zip(&info.types)
        .skip(1)
        .map(|(constant, ty)| constant.as_ref().map(|value| (value, *ty)))
        .collect();
    match items {
        Some(items) if textual => {
            let matcher = Texts::new(&items, test);
            let dynamic = ty == ScalarType::Dynamic;
            Ok(Box::new(move |call: &Call| matcher.run(call, dynamic)))
        }
        Some(items) => {
            let set = Values::new(&items, ty);
            Ok(Box::new(move |call: &Call| set.run(&call.array(0)?, test.polarity())))
        }
        None => Ok(Box::new(move |call: &Call| by_row(call, ty, test))),
    }
}

/// The items of a list that contains columns, row by row.
fn by_row(call: &Call, ty: ScalarType, test: Test) -> Result<ColumnarValue> {
    let arrays = (0..call.len()).map(|n| call.array(n)).collect::<Result<Vec<ArrayRef>>>()?;
    let (Some(left), items) = (arrays.first(), arrays.get(1..).unwrap_or(&[])) else {
        return internal_err!("membership of nothing");
    };
    let mut found = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        let mut values = Vec::with_capacity(items.len());
        for (array, ty) in items.iter().zip(call.types.iter().skip(1)) {
            let scalar = ScalarValue::try_from_array(array, row)?;
            values.push((Value::from_scalar(&scalar).unwrap_or(Value::Null), *ty));
        }
        let values: Vec<(&Value, ScalarType)> = values.iter().map(|(value, ty)| (value, *ty)).collect();
        let one = left.slice(row, 1);
        let result = if matches!(ty, ScalarType::String | ScalarType::Dynamic) {
            let args = [ColumnarValue::Array(one)];
            let call = Call { args: &args, rows: 1, types: call.types, returns: Bool };
            Texts::new(&values, test).run(&call, ty == ScalarType::Dynamic)?
        } else {
            Values::new(&values, ty).run(&one, test.polarity())?
        };
        found.push(result.to_array(1)?.as_boolean().iter().next().flatten());
    }
    Ok(ColumnarValue::Array(Arc::new(BooleanArray::from(found))))
}

/// Texts to look for.
struct Texts {
    matcher: Matcher,
    all: bool,
    polarity: Polarity,
}

impl Texts {
    fn new(items: &[(&Value, ScalarType)], test: Test) -> Texts {
        let mut texts: Vec<Cow<str>> = Vec::new();
        // a null in a list is an empty term, which every text contains
        let null = matches!(test, Test::HasAny | Test::HasAll).then_some("");
        for (value, ty) in items {
            match (value, ty) {
                (Value::Null, _) => {}
                (Value::Text(json), ScalarType::Dynamic) => flatten(json, null, &mut texts),
                (Value::Text(text), _) => texts.push(Cow::Borrowed(text)),
                (value, ty) => {
                    let mut text = String::new();
                    crate::functions::conversion::text_of(value, *ty, &mut text);
                    texts.push(Cow::Owned(text));
                }
            }
        }
        let needles: Vec<&str> = texts.iter().map(Cow::as_ref).collect();
        let (mode, case) = match test {
            Test::Equal { case, .. } => (Mode::Equals, case),
            Test::HasAny | Test::HasAll => (Mode::Has, Case::Insensitive),
        };
        let matcher = Matcher::new(&needles, mode, case);
        Texts { matcher, all: matches!(test, Test::HasAll), polarity: test.polarity() }
    }

    fn run(&self, call: &Call, dynamic: bool) -> Result<ColumnarValue> {
        let array = call.array(0)?;
        let array = if dynamic { crate::functions::conversion::dynamic_texts(&array)? } else { array };
        let texts = array.as_string::<i32>();
        let found = if self.all { self.matcher.all(texts) } else { self.matcher.any(texts) };
        Ok(ColumnarValue::Array(Arc::new(BooleanArray::new(self.polarity.of_all(found), None))))
    }
}

/// The texts of the items, if all items are constants; a null in a list is an empty text.
pub(super) fn texts_of(info: &CallInfo) -> Option<Vec<String>> {
    let mut texts: Vec<Cow<str>> = Vec::new();
    for (constant, ty) in info.constants.iter().zip(&info.types).skip(1) {
        match (constant.as_ref()?, ty) {
            (Value::Null, _) => {}
            (Value::Text(json), ScalarType::Dynamic) => flatten(json, Some(""), &mut texts),
            (Value::Text(text), _) => texts.push(Cow::Borrowed(text)),
            _ => return None,
        }
    }
    Some(texts.into_iter().map(Cow::into_owned).collect())
}

/// The texts of a list, with nested lists flattened; nulls become `null`, or are skipped.
fn flatten<'t>(json: &'t str, null: Option<&'t str>, out: &mut Vec<Cow<'t, str>>) {
    match read::kind(json) {
        Kind::Array => {
            for item in read::elements(json) {
                match read::kind(item) {
                    Kind::Null => out.extend(null.map(Cow::Borrowed)),
                    _ => flatten(item, null, out),
                }
            }
        }
        Kind::String => out.extend(read::unquote(json)),
        Kind::Null => {}
        _ => out.push(Cow::Borrowed(json)),
    }
}

/// Values other than texts to look for.
struct Values {
    set: Set,
    /// Whether a null is among them: as with `==`, comparing it with a null results in null.
    null: bool,
}

enum Set {
    Whole(HashSet<i64>),
    Ints(HashSet<i32>),
    /// The bits of numbers; those of 0.0 for -0.0.
    Reals(HashSet<u64>),
    Decimals(HashSet<crate::decimal::Scaled>),
    Bools([bool; 2]),
    Guids(HashSet<String>),
}

/// The bits of a number that equal numbers share; `None` for NaN, which equals nothing.
fn bits(real: f64) -> Option<u64> {
    // 0.0 is the sum of -0.0 and 0.0
    (!real.is_nan()).then(|| (real + 0.0).to_bits())
}

impl Values {
    fn new(items: &[(&Value, ScalarType)], ty: ScalarType) -> Values {
        let mut values: Vec<Value> = Vec::new();
        for (value, item_type) in items {
            match (value, item_type) {
                (Value::Text(json), ScalarType::Dynamic) => {
                    let mut texts = Vec::new();
                    flatten(json, None, &mut texts);
                    values.extend(texts.iter().map(|t| crate::functions::conversion::parse(t, ty)));
                }
                (value, _) => values.push((*value).clone()),
            }
        }
        let long = |v: &Value| v.as_long();
        let null = items.iter().any(|(value, ty)| **value == Value::Null && *ty != ScalarType::Dynamic);
        let set = match ty {
            ScalarType::Int => Set::Ints(values.iter().filter_map(|v| i32::try_from(long(v)?).ok()).collect()),
            ScalarType::Real => Set::Reals(
                values
                    .iter()
                    .filter_map(|v| match v {
                        Value::Real(r) => bits(*r),
                        _ => None,
                    })
                    .collect(),
            ),
            ScalarType::Decimal => Set::Decimals(
                values
                    .iter()
                    .filter_map(|v| match v {
                        Value::Decimal(d) => Some(*d),
                        _ => None,
                    })
                    .collect(),
            ),
            ScalarType::Bool => Set::Bools([values.contains(&Value::Bool(false)), values.contains(&Value::Bool(true))]),
            ScalarType::Guid => Set::Guids(values.iter().filter_map(|v| v.as_text().map(str::to_owned)).collect()),
            _ => Set::Whole(values.iter().filter_map(long).collect()),
        };
        Values { set, null }
    }

    /// A null is equal to none of the values.
    fn run(&self, array: &ArrayRef, polarity: Polarity) -> Result<ColumnarValue> {
        let rows = array.len();
        let test = |found: &dyn Fn(usize) -> bool| -> BooleanArray {
            (0..rows)
                .map(|i| match array.is_null(i) {
                    true => (!self.null).then_some(polarity.of(false)),
                    false => Some(polarity.of(found(i))),
                })
                .collect()
        };
        let result = match &self.set {
            Set::Whole(set) => {
                let values = array.as_primitive::<Int64Type>();
                test(&|i| set.contains(&values.value(i)))
            }
            Set::Ints(set) => {
                let values = array.as_primitive::<Int32Type>();
                test(&|i| set.contains(&values.value(i)))
            }
            Set::Reals(set) => {
                let values = array.as_primitive::<Float64Type>();
                test(&|i| bits(values.value(i)).is_some_and(|bits| set.contains(&bits)))
            }
            Set::Decimals(set) => {
                let values = array.as_primitive::<Decimal256Type>();
                test(&|i| set.contains(&values.value(i)))
            }
            Set::Bools([has_false, has_true]) => {
                let values = array.as_boolean();
                test(&|i| if values.value(i) { *has_true } else { *has_false })
            }
            Set::Guids(set) => {
                let values = array.as_string::<i32>();
                test(&|i| set.contains(values.value(i)))
            }
        };
        Ok(ColumnarValue::Array(Arc::new(result)))
    }
}
