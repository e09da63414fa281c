//! Functions of one or two series that return one number: `series_sum()`, `series_product()`, `series_magnitude()`,
//! `series_dot_product()`, `series_cosine_similarity()`, `series_pearson_correlation()`

use super::pairs::Side;
use super::read::Series;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{DynamicArray, Is, Number},
    ResultName, Returns, ScalarFunction, Signature, optional, p, sig,
};
use crate::types::ScalarType::Real;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

static ONE: [Signature; 1] = [sig(&[p("series", DynamicArray)], Returns::Is(Real))];

macro_rules! reduction {
    ($row:ident, $name:literal, $aliases:expr, $page:literal, $summary:literal, $numbers:expr, $of:expr) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: $aliases,
            signatures: &ONE,
            result_name: ResultName::None,
            summary: $summary,
            page: $page,
            eval: Eval::Kernel(|call| one(call, $numbers, $of)),
        };
    };
}

reduction!(
    SUM,
    "series_sum",
    &["array_sum"],
    "series-sum-function",
    "The sum of a series; nulls are skipped; null if any other element is not a number.",
    Series::known,
    |values| values.iter().sum()
);
reduction!(
    PRODUCT,
    "series_product",
    &[],
    "series-product-function",
    "The product of a series; nulls are skipped; null if any other element is not a number.",
    Series::known,
    |values| values.iter().product()
);
reduction!(
    MAGNITUDE,
    "series_magnitude",
    &[],
    "series-magnitude-function",
    "The square root of the sum of the squares of a series.",
    Series::complete,
    |values| dot(values, values).sqrt()
);

pub static DOT_PRODUCT: ScalarFunction = ScalarFunction {
    name: "series_dot_product",
    aliases: &[],
    signatures: &[
        sig(&[p("series1", DynamicArray), p("series2", DynamicArray)], Returns::Is(Real)),
        sig(&[p("series1", DynamicArray), p("series2", Number)], Returns::Is(Real)),
        sig(&[p("series1", Number), p("series2", DynamicArray)], Returns::Is(Real)),
    ],
    result_name: ResultName::None,
    summary: "The dot product of two series.",
    page: "series-dot-product-function",
    eval: Eval::Kernel(|call| {
        let (left, right) = (Side::new(call, 0)?, Side::new(call, 1)?);
        kernel::reals(call.rows, |i| {
            let (left, right) = (left.get(i)?, right.get(i)?);
            (0..left.len().max(right.len())).map(|n| Some(left.get(n)? * right.get(n)?)).sum()
        })
    }),
};

pub static COSINE_SIMILARITY: ScalarFunction = ScalarFunction {
    name: "series_cosine_similarity",
    aliases: &[],
    signatures: &[sig(
        &[
            p("series1", DynamicArray),
            p("series2", DynamicArray),
            optional("series1_magnitude", Is(Real)),
            optional("series2_magnitude", Is(Real)),
        ],
        Returns::Is(Real),
    )],
    result_name: ResultName::None,
    summary: "The cosine similarity of two series; their magnitudes can be passed.",
    page: "series-cosine-similarity-function",
    eval: Eval::Kernel(|call| {
        let given = (2..call.len()).map(|n| call.reals(n)).collect::<Result<Vec<_>>>()?;
        two(call, |i, a, b| {
            let magnitude = |n: usize, values: &[f64]| match given.get(n) {
                Some(magnitude) => magnitude.get(i),
                None => Some(dot(values, values).sqrt()),
            };
            Some(dot(a, b) / (magnitude(0, a)? * magnitude(1, b)?))
        })
    }),
};

pub static PEARSON_CORRELATION: ScalarFunction = ScalarFunction {
    name: "series_pearson_correlation",
    aliases: &[],
    signatures: &[sig(&[p("series1", DynamicArray), p("series2", DynamicArray)], Returns::Is(Real))],
    result_name: ResultName::None,
    summary: "The Pearson correlation coefficient of two series of the same length.",
    page: "series-pearson-correlation-function",
    eval: Eval::Kernel(|call| {
        two(call, |_, a, b| {
            let count = a.len() as f64;
            let mean = |values: &[f64]| values.iter().sum::<f64>() / count;
            let (mean_a, mean_b) = (mean(a), mean(b));
            let spread = |values: &[f64], mean: f64| values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
            let shared: f64 = a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum();
            Some(shared / (spread(a, mean_a).sqrt() * spread(b, mean_b).sqrt()))
        })
    }),
};

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn one(call: &Call, numbers: fn(&Series) -> Option<Vec<f64>>, of: fn(&[f64]) -> f64) -> Result<ColumnarValue> {
    let series = call.strings(0)?;
    kernel::reals(call.rows, |i| Some(of(&numbers(&Series::parse(series.get(i))?)?)))
}

/// For two complete series of the same length.
fn two(call: &Call, of: impl Fn(usize, &[f64], &[f64]) -> Option<f64>) -> Result<ColumnarValue> {
    let (left, right) = (call.strings(0)?, call.strings(1)?);
    kernel::reals(call.rows, |i| {
        let (a, b) = (Series::parse(left.get(i))?.complete()?, Series::parse(right.get(i))?.complete()?);
        if a.len() == b.len() { of(i, &a, &b) } else { None }
    })
}
