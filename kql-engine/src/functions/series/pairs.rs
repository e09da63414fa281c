//! `series_add()`, `series_greater()` and similar functions: element by element, over two series or a series and a number.
//!
//! If an element is missing in one of them, or is not a number, the result is null.

use super::read::{self, Numbers, Series};
use crate::dynamic::write;
use crate::functions::kernel::{self, AnyNumber, Strings};
use crate::registry::{
    Call, Eval,
    ParameterType::{DynamicArray, Number},
    ResultName, Returns, ScalarFunction, Signature, p, sig,
};
use crate::types::ScalarType::Dynamic;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

static SIGNATURES: [Signature; 3] = [
    sig(&[p("series1", DynamicArray), p("series2", DynamicArray)], Returns::Is(Dynamic)),
    sig(&[p("series1", DynamicArray), p("series2", Number)], Returns::Is(Dynamic)),
    sig(&[p("series1", Number), p("series2", DynamicArray)], Returns::Is(Dynamic)),
];

#[derive(Clone, Copy)]
enum Op {
    /// Returns whole numbers for whole numbers.
    Whole(fn(f64, f64) -> f64),
    Real(fn(f64, f64) -> f64),
    Test(fn(f64, f64) -> bool),
}

macro_rules! pair {
    ($row:ident, $name:literal, $page:literal, $summary:literal, $op:expr) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &SIGNATURES,
            result_name: ResultName::None,
            summary: $summary,
            page: $page,
            eval: Eval::Kernel(|call| run(call, $op)),
        };
    };
}

pair!(ADD, "series_add", "series-add-function", "The sums of the elements of two series.", Op::Whole(|a, b| a + b));
pair!(
    SUBTRACT,
    "series_subtract",
    "series-subtract-function",
    "The differences of the elements of two series.",
    Op::Whole(|a, b| a - b)
);
pair!(
    MULTIPLY,
    "series_multiply",
    "series-multiply-function",
    "The products of the elements of two series.",
    Op::Whole(|a, b| a * b)
);
pair!(
    DIVIDE,
    "series_divide",
    "series-divide-function",
    "The quotients of the elements of two series, as reals.",
    Op::Real(|a, b| a / b)
);
pair!(
    POW,
    "series_pow",
    "series-pow-function",
    "The elements of a series to the power of those of another, as reals.",
    Op::Real(f64::powf)
);
pair!(
    GREATER,
    "series_greater",
    "series-greater-function",
    "Whether the elements of a series are greater than those of another.",
    Op::Test(|a, b| a > b)
);
pair!(
    GREATER_EQUALS,
    "series_greater_equals",
    "series-greater-equals-function",
    "Whether the elements of a series are not less than those of another.",
    Op::Test(|a, b| a >= b)
);
pair!(
    LESS,
    "series_less",
    "series-less-function",
    "Whether the elements of a series are less than those of another.",
    Op::Test(|a, b| a < b)
);
pair!(
    LESS_EQUALS,
    "series_less_equals",
    "series-less-equals-function",
    "Whether the elements of a series are not greater than those of another.",
    Op::Test(|a, b| a <= b)
);
pair!(
    EQUALS,
    "series_equals",
    "series-equals-function",
    "Whether the elements of two series are equal.",
    Op::Test(|a, b| a == b)
);
pair!(
    NOT_EQUALS,
    "series_not_equals",
    "series-not-equals-function",
    "Whether the elements of two series differ.",
    Op::Test(|a, b| a != b)
);

/// A side: a series, or a number that is used for every element.
pub(super) enum Side<'a> {
    Series(Strings<'a>),
    Number(AnyNumber<'a>, Numbers),
}

/// The numbers of a side in one row.
pub(super) enum Elements {
    Each(Series),
    All(Option<f64>, Numbers),
}

impl<'a> Side<'a> {
    pub(super) fn new(call: &Call<'a>, n: usize) -> Result<Side<'a>> {
        Ok(match call.types.get(n) {
            Some(Dynamic) => Side::Series(call.strings(n)?),
            Some(ty) => Side::Number(call.numbers(n)?, Numbers::of(*ty)),
            None => return datafusion::common::internal_err!("argument {n} is missing"),
        })
    }

    pub(super) fn get(&self, i: usize) -> Option<Elements> {
        Some(match self {
            Side::Series(texts) => Elements::Each(Series::parse(texts.get(i))?),
            Side::Number(number, form) => Elements::All(number.get(i), *form),
        })
    }
}

impl Elements {
    pub(super) fn get(&self, n: usize) -> Option<f64> {
        match self {
            Elements::Each(series) => series.values.get(n).copied().flatten(),
            Elements::All(value, _) => *value,
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Elements::Each(series) => series.values.len(),
            Elements::All(..) => 0,
        }
    }

    fn numbers(&self) -> Numbers {
        match self {
            Elements::Each(series) => series.numbers,
            Elements::All(_, form) => *form,
        }
    }
}

fn run(call: &Call, op: Op) -> Result<ColumnarValue> {
    let (left, right) = (Side::new(call, 0)?, Side::new(call, 1)?);
    kernel::texts(call.rows, |i, out| {
        let (Some(left), Some(right)) = (left.get(i), right.get(i)) else { return false };
        let length = left.len().max(right.len());
        let form = left.numbers().and(right.numbers());
        let pairs = (0..length).map(|n| Some((left.get(n)?, right.get(n)?)));
        match op {
            Op::Whole(of) => read::numbers(pairs.map(|pair| pair.map(|(a, b)| of(a, b))), form, out),
            Op::Real(of) => read::numbers(pairs.map(|pair| pair.map(|(a, b)| of(a, b))), Numbers::Real, out),
            Op::Test(of) => {
                write::list(pairs, out, |pair, out| {
                    out.push_str(match pair {
                        Some((a, b)) if of(a, b) => "true",
                        Some(_) => "false",
                        None => "null",
                    });
                });
            }
        }
        true
    })
}
