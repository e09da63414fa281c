//! `series_fit_line()`, `series_fit_2lines()`, `series_fit_poly()`: as columns, or as a bag.

use super::line::{Line, explained, over};
use super::read::{self, Numbers, Series};
use crate::registry::{
    Call, Eval, OutputColumn,
    ParameterType::{DynamicArray, Is},
    ResultName, Returns, ScalarFunction, Signature, optional, p, sig,
};
use crate::types::ScalarType::{Dynamic, Long, Real};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use std::fmt::Write;

static BAG: [Signature; 1] = [sig(&[p("series", DynamicArray)], Returns::Is(Dynamic))];

pub static FIT_LINE: ScalarFunction = ScalarFunction {
    name: "series_fit_line",
    aliases: &[],
    signatures: &[sig(
        &[p("series", DynamicArray)],
        Returns::Columns(|_| {
            vec![
                OutputColumn::new("rsquare", Real),
                OutputColumn::new("slope", Real),
                OutputColumn::new("variance", Real),
                OutputColumn::new("rvariance", Real),
                OutputColumn::new("interception", Real),
                OutputColumn::new("line_fit", Dynamic),
            ]
        }),
    )],
    result_name: ResultName::None,
    summary: "Fits a straight line to a series.",
    page: "series-fit-line-function",
    eval: Eval::Kernel(|call| line(call, Form::Columns)),
};

pub static FIT_LINE_DYNAMIC: ScalarFunction = ScalarFunction {
    name: "series_fit_line_dynamic",
    aliases: &[],
    signatures: &BAG,
    result_name: ResultName::None,
    summary: "Fits a straight line to a series; returns a bag.",
    page: "series-fit-line-dynamic-function",
    eval: Eval::Kernel(|call| line(call, Form::Bag)),
};

pub static FIT_2LINES: ScalarFunction = ScalarFunction {
    name: "series_fit_2lines",
    aliases: &[],
    signatures: &[sig(
        &[p("series", DynamicArray)],
        Returns::Columns(|_| {
            vec![
                OutputColumn::new("rsquare", Real),
                OutputColumn::new("split_idx", Long),
                OutputColumn::new("variance", Real),
                OutputColumn::new("rvariance", Real),
                OutputColumn::new("line_fit", Dynamic),
                OutputColumn::new("right_rsquare", Real),
                OutputColumn::new("right_slope", Real),
                OutputColumn::new("right_interception", Real),
                OutputColumn::new("right_variance", Real),
                OutputColumn::new("right_rvariance", Real),
                OutputColumn::new("left_rsquare", Real),
                OutputColumn::new("left_slope", Real),
                OutputColumn::new("left_interception", Real),
                OutputColumn::new("left_variance", Real),
                OutputColumn::new("left_rvariance", Real),
            ]
        }),
    )],
    result_name: ResultName::None,
    summary: "Fits two straight lines to a series, and returns where the series splits between them.",
    page: "series-fit-2lines-function",
    eval: Eval::Kernel(|call| two_lines(call, Form::Columns)),
};

pub static FIT_2LINES_DYNAMIC: ScalarFunction = ScalarFunction {
    name: "series_fit_2lines_dynamic",
    aliases: &[],
    signatures: &BAG,
    result_name: ResultName::None,
    summary: "Fits two straight lines to a series; returns a bag.",
    page: "series-fit-2lines-dynamic-function",
    eval: Eval::Kernel(|call| two_lines(call, Form::Bag)),
};

pub static FIT_POLY: ScalarFunction = ScalarFunction {
    name: "series_fit_poly",
    aliases: &[],
    signatures: &[sig(
        &[p("y_series", DynamicArray), optional("x_series", DynamicArray), optional("degree", Is(Long))],
        Returns::Columns(|_| {
            vec![
                OutputColumn::new("rsquare", Real),
                OutputColumn::new("coefficients", Dynamic),
                OutputColumn::new("variance", Real),
                OutputColumn::new("rvariance", Real),
                OutputColumn::new("poly_fit", Dynamic),
            ]
        }),
    )],
    result_name: ResultName::None,
    summary: "Fits a polynomial of a degree (1 by default) to a series; coefficients from the highest power down.",
    page: "series-fit-poly-function",
    eval: Eval::Kernel(polynomial),
};

/// The form of a result with several values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One column per value.
    Columns,
    /// One bag with all values.
    Bag,
}

fn line(call: &Call, form: Form) -> Result<ColumnarValue> {
    read::map(call.rows, &call.strings(0)?, |_, series, out| {
        let Some(values) = series.complete() else { return false };
        let line = Line::fit(&values, 0);
        let fit: Vec<f64> = (0..values.len()).map(|n| line.at(n)).collect();
        let mut parts = Parts::new(form, out);
        parts.real("rsquare", line.rsquare());
        parts.real("slope", line.slope);
        parts.real("variance", line.variance());
        parts.real("rvariance", line.rvariance());
        parts.real("interception", line.interception);
        parts.array("line_fit", &fit);
        parts.close();
        true
    })
}

fn two_lines(call: &Call, form: Form) -> Result<ColumnarValue> {
    read::map(call.rows, &call.strings(0)?, |_, series, out| {
        let Some(values) = series.complete().filter(|v| v.len() > 3) else { return false };
        let whole = Line::fit(&values, 0);
        let at = best_split(&values);
        let (left, right) = values.split_at(at);
        let (left, right) = (Line::fit(left, 0), Line::fit(right, at));
        let residual_squares = left.residual_squares + right.residual_squares;
        let fit: Vec<f64> = (0..values.len()).map(|n| if n < at { left.at(n) } else { right.at(n) }).collect();
        let mut parts = Parts::new(form, out);
        parts.real("rsquare", explained(whole.total_squares, residual_squares));
        parts.long("split_idx", at);
        parts.real("variance", whole.variance());
        parts.real("rvariance", over(residual_squares, values.len()));
        parts.array("line_fit", &fit);
        for (side, line) in [("right", right), ("left", left)] {
            parts.open(side);
            parts.real("rsquare", line.rsquare());
            parts.real("slope", line.slope);
            parts.real("interception", line.interception);
            parts.real("variance", line.variance());
            parts.real("rvariance", line.rvariance());
            parts.shut();
        }
        parts.close();
        true
    })
}

/// The position at which two lines have the least sum of squared residuals, with at least two values on each side. Uses
/// running sums, so it takes one pass.
fn best_split(values: &[f64]) -> usize {
    let shift = values.iter().sum::<f64>() / values.len() as f64;
    // sums of y, x·y and y² up to each position; y is relative to the mean, to keep precision
    let mut sums = vec![(0.0, 0.0, 0.0)];
    let mut last = (0.0, 0.0, 0.0);
    for (n, value) in values.iter().enumerate() {
        let y = value - shift;
        last = (last.0 + y, last.1 + n as f64 * y, last.2 + y * y);
        sums.push(last);
    }
    let residual_squares = |from: usize, to: usize| -> f64 {
        let (Some(a), Some(b)) = (sums.get(from), sums.get(to)) else { return f64::INFINITY };
        let count = (to - from) as f64;
        let middle = (from + to - 1) as f64 / 2.0;
        let (y, xy, yy) = (b.0 - a.0, b.1 - a.1, b.2 - a.2);
        let square = count * (count * count - 1.0) / 12.0;
        let product = xy - middle * y;
        yy - y * y / count - product * product / square
    };
    let mut best = (2, f64::INFINITY);
    for at in 2..=values.len() - 2 {
        let total = residual_squares(0, at) + residual_squares(at, values.len());
        if total < best.1 {
            best = (at, total);
        }
    }
    best.0
}

fn polynomial(call: &Call) -> Result<ColumnarValue> {
    let positions = if call.len() > 1 { Some(call.strings(1)?) } else { None };
    let degree = call.longs_or(2, 1)?;
    read::map(call.rows, &call.strings(0)?, |i, series, out| {
        let Some(y) = series.complete() else { return false };
        let x = match &positions {
            Some(positions) => positions_of(positions.get(i)),
            None => Some((0..y.len()).map(|n| n as f64).collect()),
        };
        let degree = degree.get(i).and_then(|d| usize::try_from(d).ok()).filter(|d| (1..=5).contains(d));
        let (Some(x), Some(degree)) = (x.filter(|x| x.len() == y.len()), degree) else { return false };
        let Some(coefficients) = least_squares(&x, &y, degree) else { return false };
        let fit: Vec<f64> = x.iter().map(|x| coefficients.iter().fold(0.0, |sum, c| sum * x + c)).collect();
        let mean = y.iter().sum::<f64>() / y.len() as f64;
        let total_squares: f64 = y.iter().map(|v| (v - mean).powi(2)).sum();
        let residual_squares: f64 = y.iter().zip(&fit).map(|(y, f)| (y - f).powi(2)).sum();
        let mut parts = Parts::new(Form::Columns, out);
        parts.real("rsquare", explained(total_squares, residual_squares));
        parts.array("coefficients", &coefficients);
        parts.real("variance", over(total_squares, y.len()));
        parts.real("rvariance", over(residual_squares, y.len()));
        parts.array("poly_fit", &fit);
        parts.close();
        true
    })
}

/// Positions given as numbers or datetimes.
fn positions_of(json: &str) -> Option<Vec<f64>> {
    if let Some(values) = Series::parse(json).and_then(|s| s.complete()) {
        return Some(values);
    }
    crate::dynamic::read::array(json)?
        .into_iter()
        .map(|item| {
            let text = crate::dynamic::read::unquote(item)?;
            kql_parser::time::parse_datetime(&text).map(|ticks| ticks as f64)
        })
        .collect()
}

/// The coefficients of the best-fitting polynomial, the highest first, by the normal equations around the middle of x.
fn least_squares(x: &[f64], y: &[f64], degree: usize) -> Option<Vec<f64>> {
    let size = degree + 1;
    if x.len() < size {
        return None;
    }
    let middle = x.iter().sum::<f64>() / x.len() as f64;
    let scale = x.iter().map(|x| (x - middle).abs()).fold(0.0, f64::max);
    if scale <= 0.0 {
        return None;
    }
    let mut rows = vec![vec![0.0; size + 1]; size];
    for (x, y) in x.iter().zip(y) {
        let t = (x - middle) / scale;
        let powers: Vec<f64> = (0..size).map(|n| t.powi(n as i32)).collect();
        for (row, power) in rows.iter_mut().zip(&powers) {
            for (cell, other) in row.iter_mut().zip(powers.iter().chain([y])) {
                *cell += power * other;
            }
        }
    }
    let scaled = solve(rows)?;
    // convert from t back to x: p((x - middle) / scale), expanded
    let mut result = vec![0.0; size];
    for c in scaled.iter().rev() {
        let mut next = vec![0.0; size];
        for (n, r) in result.iter().enumerate() {
            if let Some(cell) = next.get_mut(n + 1) {
                *cell += r / scale;
            }
            if let Some(cell) = next.get_mut(n) {
                *cell -= r * middle / scale;
            }
        }
        if let Some(cell) = next.first_mut() {
            *cell += c;
        }
        result = next;
    }
    result.reverse();
    Some(result)
}

/// Gaussian elimination with pivots.
fn solve(mut rows: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let size = rows.len();
    for n in 0..size {
        let pivot = (n..size).max_by(|a, b| cell(&rows, *a, n).abs().total_cmp(&cell(&rows, *b, n).abs()))?;
        rows.swap(n, pivot);
        let head = rows.get(n)?.clone();
        let lead = *head.get(n)?;
        if lead == 0.0 {
            return None;
        }
        for row in rows.iter_mut().skip(n + 1) {
            let factor = row.get(n)? / lead;
            row.iter_mut().zip(&head).for_each(|(cell, h)| *cell -= factor * h);
        }
    }
    let mut solution = vec![0.0; size];
    for n in (0..size).rev() {
        let known: f64 = (n + 1..size).map(|k| cell(&rows, n, k) * solution.get(k).copied().unwrap_or(0.0)).sum();
        *solution.get_mut(n)? = (cell(&rows, n, size) - known) / cell(&rows, n, n);
    }
    Some(solution)
}

fn cell(rows: &[Vec<f64>], row: usize, column: usize) -> f64 {
    rows.get(row).and_then(|r| r.get(column)).copied().unwrap_or(0.0)
}

/// Parts of a result: a bag that contains bags, or one flat array.
struct Parts<'a> {
    form: Form,
    out: &'a mut String,
}

impl<'a> Parts<'a> {
    fn new(form: Form, out: &'a mut String) -> Parts<'a> {
        out.push(if form == Form::Bag { '{' } else { '[' });
        Parts { form, out }
    }

    fn key(&mut self, name: &str) {
        if !self.out.ends_with(['{', '[']) {
            self.out.push(',');
        }
        if self.form == Form::Bag {
            let _ = write!(self.out, "\"{name}\":");
        }
    }

    fn real(&mut self, name: &str, value: f64) {
        self.key(name);
        read::number(Some(value), Numbers::Real, self.out);
    }

    fn long(&mut self, name: &str, value: usize) {
        self.key(name);
        let _ = write!(self.out, "{value}");
    }

    fn array(&mut self, name: &str, values: &[f64]) {
        self.key(name);
        read::reals(values, self.out);
    }

    /// Begins a part that is a nested bag; an array has no element for it.
    fn open(&mut self, name: &str) {
        if self.form == Form::Bag {
            self.key(name);
            self.out.push('{');
        }
    }

    fn shut(&mut self) {
        if self.form == Form::Bag {
            self.out.push('}');
        }
    }

    fn close(self) {
        self.out.push(if self.form == Form::Bag { '}' } else { ']' });
    }
}
