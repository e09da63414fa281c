//! `series_outliers()`: how far values are outside a range of percentiles (Tukey's fences).
//!
//! With the percentiles 10 and 90 the score is scaled so that 1.5 marks the same values of a normal distribution as it
//! does with 25 and 75.

use super::read;
use crate::registry::{
    Call, CallInfo, Eval, Kernel,
    ParameterType::{DynamicArray, Is, Number},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::types::ScalarType::{Dynamic, Long, Real, String};
use datafusion::common::{Result, plan_err};

pub static OUTLIERS: ScalarFunction = ScalarFunction {
    name: "series_outliers",
    aliases: &[],
    signatures: &[
        sig(
            &[p("series", DynamicArray), optional("kind", Is(String)), optional("ignore_val", Number)],
            Returns::Is(Dynamic),
        ),
        sig(
            &[
                p("series", DynamicArray),
                p("kind", Is(String)),
                p("ignore_val", Is(Real)),
                p("min_percentile", Is(Real)),
                optional("max_percentile", Is(Real)),
                optional("test_points", Is(Long)),
            ],
            Returns::Is(Dynamic),
        ),
    ],
    result_name: ResultName::FirstArgument,
    summary: "An anomaly score for each element of a series; above 1.5 or below -1.5 the element is an outlier.",
    page: "series-outliers-function",
    eval: Eval::Compiled(compile),
};

/// The factor that Kusto applies to scores of the percentiles 10 and 90, derived from its results.
const CUSTOM_SCALE: f64 = 2.772_605_605_507_915_5;

/// A pair of percentiles and the factor of their scores.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fences {
    low: f64,
    high: f64,
    scale: f64,
}

impl Fences {
    /// The fences of a method, given its name; `None` if it is unknown.
    pub(super) fn named(name: &str) -> Option<Fences> {
        match name {
            "ctukey" => Some(Fences { low: 0.10, high: 0.90, scale: CUSTOM_SCALE }),
            "tukey" => Some(Fences { low: 0.25, high: 0.75, scale: 1.0 }),
            _ => None,
        }
    }

    /// The scores of values, 0 for missing values. The last `test` values are not used for the percentiles.
    pub(super) fn scores(self, values: &[Option<f64>], test: usize) -> Vec<f64> {
        let known = values.get(..values.len().saturating_sub(test)).unwrap_or(&[]);
        let mut sorted: Vec<f64> = known.iter().copied().flatten().filter(|v| v.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let (Some(low), Some(high)) = (percentile(&sorted, self.low), percentile(&sorted, self.high)) else {
            return vec![0.0; values.len()];
        };
        let score = |value: f64| {
            let beyond = if value > high {
                value - high
            } else if value < low {
                value - low
            } else {
                return 0.0;
            };
            beyond / (high - low) * self.scale
        };
        values.iter().map(|v| v.map_or(0.0, score)).collect()
    }
}

/// Interpolates linearly between the two nearest values.
fn percentile(sorted: &[f64], fraction: f64) -> Option<f64> {
    let place = (sorted.len().checked_sub(1)?) as f64 * fraction;
    let below = *sorted.get(place.floor() as usize)?;
    let above = *sorted.get(place.ceil() as usize)?;
    Some(below + (above - below) * place.fract())
}

fn compile(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    let kind = info.text(1).unwrap_or("ctukey").to_lowercase();
    let Some(fences) = Fences::named(&kind) else {
        return plan_err!("'{kind}' is not a valid kind for series_outliers(); use tukey or ctukey.");
    };
    let real = |n: usize| match info.constants.get(n) {
        Some(Some(crate::value::Value::Real(value))) => Some(*value),
        _ => None,
    };
    let custom = info.types.len() > 3 && (real(3) != Some(10.0) || info.types.len() > 4 && real(4) != Some(90.0));
    if custom && kind == "ctukey" {
        return plan_err!(
            "series_outliers() only supports the percentiles 10 and 90, because Kusto's scaling of others is \
             not documented."
        );
    }
    Ok(Box::new(move |call: &Call| {
        let ignore = if call.len() > 2 { Some(call.numbers(2)?) } else { None };
        let test = call.longs_or(5, 0)?;
        read::map(call.rows, &call.strings(0)?, |i, mut series, out| {
            if let Some(ignored) = ignore.as_ref().and_then(|v| v.get(i)) {
                series.values.iter_mut().filter(|v| **v == Some(ignored)).for_each(|v| *v = None);
            }
            let test = usize::try_from(test.get(i).unwrap_or(0)).unwrap_or(0);
            read::reals(&fences.scores(&series.values, test), out);
            true
        })
    }))
}
