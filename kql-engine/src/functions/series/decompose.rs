//! `series_seasonal()`, `series_decompose()`, `series_decompose_forecast()`, `series_decompose_anomalies()`
//!
//! A series is the sum of a season (the median of the values at each position of the period), a trend and a remainder.

use super::line::Line;
use super::outliers::Fences;
use super::read::{self, Numbers, Series};
use super::season;
use crate::notes::Notes;
use crate::registry::{
    Call, CallInfo, Eval, Kernel, OutputColumn,
    ParameterType::{DynamicArray, Is, Number},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::types::ScalarType::{Dynamic, Long, String};
use datafusion::common::{Result, plan_err};

pub static SEASONAL: ScalarFunction = ScalarFunction {
    name: "series_seasonal",
    aliases: &[],
    signatures: &[sig(
        &[p("series", DynamicArray), optional("period", Is(Long)), optional("test_points", Is(Long))],
        Returns::Is(Dynamic),
    )],
    result_name: ResultName::None,
    summary: "The seasonal component of a series, for a period that is given or detected.",
    page: "series-seasonal-function",
    eval: Eval::Noting(|_, notes| {
        Ok(Box::new(move |call: &Call| {
            let (period, test) = (call.longs_or(1, -1)?, call.longs_or(2, 0)?);
            read::map(call.rows, &call.strings(0)?, |i, series, out| {
                let (Some(period), Some(test)) = (period.get(i), test.get(i)) else { return false };
                let test = usize::try_from(test).unwrap_or(0);
                let notes = (&notes, "series_seasonal");
                read::reals(&season::seasonal(&series.values, period, test, 0.7, notes), out);
                true
            })
        }))
    }),
};

fn components() -> Vec<OutputColumn> {
    vec![
        OutputColumn::new("baseline", Dynamic),
        OutputColumn::new("seasonal", Dynamic),
        OutputColumn::new("trend", Dynamic),
        OutputColumn::new("residual", Dynamic),
    ]
}

pub static DECOMPOSE: ScalarFunction = ScalarFunction {
    name: "series_decompose",
    aliases: &[],
    signatures: &[sig(
        &[
            p("series", DynamicArray),
            optional("period", Is(Long)),
            optional("trend", Is(String)),
            optional("test_points", Is(Long)),
            optional("seasonality_threshold", Number),
        ],
        Returns::Columns(|_| components()),
    )],
    result_name: ResultName::None,
    summary: "Decomposes a series into baseline, seasonal, trend and residual components.",
    page: "series-decompose-function",
    eval: Eval::Noting(|info, notes| {
        compile(
            info,
            notes,
            ArgumentPositions { threshold: None, period: 1, trend: 2, test: 3, method: None, season: 4 },
            Output::Parts,
        )
    }),
};

pub static FORECAST: ScalarFunction = ScalarFunction {
    name: "series_decompose_forecast",
    aliases: &[],
    signatures: &[sig(
        &[
            p("series", DynamicArray),
            p("test_points", Is(Long)),
            optional("period", Is(Long)),
            optional("trend", Is(String)),
            optional("seasonality_threshold", Number),
        ],
        Returns::Columns(|_| components()),
    )],
    result_name: ResultName::None,
    summary: "Forecasts the last points of a series from its seasonal and trend components.",
    page: "series-decompose-forecast-function",
    eval: Eval::Noting(|info, notes| {
        compile(
            info,
            notes,
            ArgumentPositions { threshold: None, period: 2, trend: 3, test: 1, method: None, season: 4 },
            Output::Parts,
        )
    }),
};

pub static ANOMALIES: ScalarFunction = ScalarFunction {
    name: "series_decompose_anomalies",
    aliases: &[],
    signatures: &[sig(
        &[
            p("series", DynamicArray),
            optional("threshold", Number),
            optional("period", Is(Long)),
            optional("trend", Is(String)),
            optional("test_points", Is(Long)),
            optional("method", Is(String)),
            optional("seasonality_threshold", Number),
        ],
        Returns::Columns(|_| {
            vec![
                OutputColumn::new("ad_flag", Dynamic),
                OutputColumn::new("ad_score", Dynamic),
                OutputColumn::new("baseline", Dynamic),
            ]
        }),
    )],
    result_name: ResultName::None,
    summary: "Flags elements of a series that are far from its seasonal and trend components: flags (1, -1 or 0), \
              scores, and the baseline.",
    page: "series-decompose-anomalies-function",
    eval: Eval::Noting(|info, notes| {
        let places = ArgumentPositions { threshold: Some(1), period: 2, trend: 3, test: 4, method: Some(5), season: 6 };
        compile(info, notes, places, Output::Anomalies)
    }),
};

/// The positions of the arguments.
#[derive(Clone, Copy)]
struct ArgumentPositions {
    threshold: Option<usize>,
    period: usize,
    trend: usize,
    test: usize,
    method: Option<usize>,
    season: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Output {
    Parts,
    Anomalies,
}

#[derive(Clone, Copy)]
enum Trend {
    Average,
    Line,
    None,
}

fn compile(info: &CallInfo, notes: Notes, places: ArgumentPositions, output: Output) -> Result<Box<dyn Kernel>> {
    let function = match (output, places.test) {
        (Output::Anomalies, _) => "series_decompose_anomalies",
        (Output::Parts, 1) => "series_decompose_forecast",
        (Output::Parts, _) => "series_decompose",
    };
    let trend = match info.text(places.trend).unwrap_or("avg") {
        "avg" => Trend::Average,
        "linefit" => Trend::Line,
        "none" => Trend::None,
        other => return plan_err!("'{other}' is not a valid trend; use avg, linefit or none."),
    };
    let method = places.method.and_then(|n| info.text(n)).unwrap_or("ctukey");
    let Some(fences) = Fences::named(method) else {
        return plan_err!("'{method}' is not a valid anomaly detection method; use tukey or ctukey.");
    };
    Ok(Box::new(move |call: &Call| {
        let number = |n: Option<usize>| match n.filter(|n| *n < call.len()) {
            Some(n) => call.numbers(n).map(Some),
            None => Ok(None),
        };
        let (threshold, seasonality) = (number(places.threshold)?, number(Some(places.season))?);
        let (period, test) = (call.longs_or(places.period, -1)?, call.longs_or(places.test, 0)?);
        read::map(call.rows, &call.strings(0)?, |i, series, out| {
            let threshold = threshold.as_ref().map_or(Some(1.5), |t| t.get(i));
            let seasonality = seasonality.as_ref().map_or(Some(0.6), |t| t.get(i));
            let (Some(threshold), Some(seasonality), Some(period), Some(test)) =
                (threshold, seasonality, period.get(i), test.get(i))
            else {
                return false;
            };
            let test = usize::try_from(test).unwrap_or(0).min(series.values.len());
            let seasonal = season::seasonal(&series.values, period, test, seasonality, (&notes, function));
            let parts = Parts::new(&series, seasonal, trend, test);
            out.push('[');
            match output {
                Output::Parts => parts.write(out),
                Output::Anomalies => {
                    let scores = fences.scores(&parts.rest, test);
                    let flag = |score: &f64| {
                        Some(if *score > threshold {
                            1.0
                        } else if *score < -threshold {
                            -1.0
                        } else {
                            0.0
                        })
                    };
                    read::numbers(scores.iter().map(flag), Numbers::Whole, out);
                    out.push(',');
                    read::reals(&scores, out);
                    out.push(',');
                    read::reals(&parts.baseline, out);
                }
            }
            out.push(']');
            true
        })
    }))
}

struct Parts {
    baseline: Vec<f64>,
    seasonal: Vec<f64>,
    trend: Vec<f64>,
    rest: Vec<Option<f64>>,
}

impl Parts {
    fn new(series: &Series, seasonal: Vec<f64>, trend: Trend, test: usize) -> Parts {
        let values = &series.values;
        let left: Vec<Option<f64>> = values.iter().zip(&seasonal).map(|(v, s)| v.map(|v| v - s)).collect();
        let trend = trend_of(left.get(..values.len() - test).unwrap_or(&[]), values.len(), trend);
        let baseline: Vec<f64> = seasonal.iter().zip(&trend).map(|(s, t)| s + t).collect();
        let rest = values.iter().zip(&baseline).map(|(v, b)| v.map(|v| v - b)).collect();
        Parts { baseline, seasonal, trend, rest }
    }

    fn write(&self, out: &mut std::string::String) {
        read::reals(&self.baseline, out);
        out.push(',');
        read::reals(&self.seasonal, out);
        out.push(',');
        read::reals(&self.trend, out);
        out.push(',');
        read::numbers(self.rest.iter().copied(), Numbers::Real, out);
    }
}

/// The trend of the known values, over `length` positions.
fn trend_of(known: &[Option<f64>], length: usize, trend: Trend) -> Vec<f64> {
    let values: Vec<f64> = known.iter().copied().flatten().collect();
    if values.is_empty() {
        return vec![0.0; length];
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    match trend {
        Trend::None => vec![0.0; length],
        Trend::Average => vec![mean; length],
        Trend::Line => {
            // a missing value counts as the mean, so that the others keep their positions
            let filled: Vec<f64> = known.iter().map(|v| v.unwrap_or(mean)).collect();
            let line = Line::fit(&filled, 0);
            (0..length).map(|n| line.at(n)).collect()
        }
    }
}
