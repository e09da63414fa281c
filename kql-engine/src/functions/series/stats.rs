//! `series_stats()`, `series_stats_dynamic()`

use super::read::{self, Numbers};
use crate::dynamic::write;
use crate::registry::{
    ArgumentKind, Call, Eval, OutputColumn,
    ParameterType::{DynamicArray, Is},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::types::ScalarType::{Bool, Dynamic, Long, Real};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static STATS: ScalarFunction = ScalarFunction {
    name: "series_stats",
    aliases: &[],
    signatures: &[sig(
        &[p("series", DynamicArray), optional("ignore_nonfinite", Is(Bool)).kind(ArgumentKind::Constant)],
        Returns::Columns(|_| {
            vec![
                OutputColumn::new("min", Real),
                OutputColumn::new("min_idx", Long),
                OutputColumn::new("max", Real),
                OutputColumn::new("max_idx", Long),
                OutputColumn::new("avg", Real),
                OutputColumn::new("stdev", Real),
                OutputColumn::new("variance", Real),
            ]
        }),
    )],
    result_name: ResultName::None,
    summary: "Minimum, maximum, their positions, average, standard deviation and variance of a series.",
    page: "series-stats-function",
    eval: Eval::Kernel(|call| run(call, Output::Array)),
};

pub static STATS_DYNAMIC: ScalarFunction = ScalarFunction {
    name: "series_stats_dynamic",
    aliases: &[],
    signatures: &[sig(
        &[p("series", DynamicArray), optional("ignore_nonfinite", Is(Bool)).kind(ArgumentKind::Constant)],
        Returns::Is(Dynamic),
    )],
    result_name: ResultName::None,
    summary: "A bag of minimum, maximum, their positions, average, standard deviation, variance, sum and length of a series.",
    page: "series-stats-dynamic-function",
    eval: Eval::Kernel(|call| run(call, Output::Bag)),
};

/// The form of the statistics.
#[derive(Clone, Copy, PartialEq)]
enum Output {
    Array,
    Bag,
}

fn run(call: &Call, output: Output) -> Result<ColumnarValue> {
    let bag = output == Output::Bag;
    let ignore = call.bools_or(1, false)?;
    read::map(call.rows, &call.strings(0)?, |i, series, out| {
        let ignore = ignore.get(i).unwrap_or(false);
        let finite: Vec<(usize, f64)> =
            series.values.iter().enumerate().filter_map(|(n, v)| v.filter(|v| v.is_finite()).map(|v| (n, v))).collect();
        let Some(first) = finite.first().copied().filter(|_| ignore || finite.len() == series.values.len()) else {
            return false;
        };
        let min = finite.iter().fold(first, |best, v| if v.1 < best.1 { *v } else { best });
        let max = finite.iter().fold(first, |best, v| if v.1 > best.1 { *v } else { best });
        let count = finite.len() as f64;
        let sum: f64 = finite.iter().map(|(_, v)| v).sum();
        let mean = sum / count;
        let spread: f64 = finite.iter().map(|(_, v)| (v - mean).powi(2)).sum();
        let variance = if finite.len() > 1 { spread / (count - 1.0) } else { 0.0 };
        let values = [
            ("min", min.1, Numbers::Real),
            ("min_idx", min.0 as f64, Numbers::Whole),
            ("max", max.1, Numbers::Real),
            ("max_idx", max.0 as f64, Numbers::Whole),
            ("avg", mean, Numbers::Real),
            ("stdev", variance.sqrt(), Numbers::Real),
            ("variance", variance, Numbers::Real),
            ("sum", sum, Numbers::Real),
            ("len", count, Numbers::Whole),
        ];
        out.push(if bag { '{' } else { '[' });
        let shown = if bag { values.len() } else { 7 };
        write::commas(values.iter().take(shown), out, |(name, value, form), out| {
            if bag {
                out.push('"');
                out.push_str(name);
                out.push_str("\":");
            }
            read::number(Some(*value), *form, out);
        });
        out.push(if bag { '}' } else { ']' });
        true
    })
}
