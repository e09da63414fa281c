//! `series_periods_detect()`, `series_periods_validate()`: the periods after which a series repeats itself.
//!
//! A period's score is the series' circular autocorrelation at that shift, scaled so that the lowest of all shifts is 0 and
//! no shift is 1. A period is one of the frequencies that stand out in the series' periodogram, moved to the nearest peak of
//! the autocorrelation.

use super::read::{self, Series};
use crate::functions::kernel;
use crate::notes::Notes;
use crate::registry::{
    Call, CallInfo, Eval, Kernel, OutputColumn,
    ParameterType::{DynamicArray, Is, Number},
    ResultName, Returns, ScalarFunction, p, repeated, sig,
};
use crate::types::ScalarType::{Dynamic, Long};
use datafusion::common::Result;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

/// The shortest period.
const SHORTEST: usize = 4;

/// The probability that a frequency stands out in a series without a period.
const CHANCE: f64 = 0.01;

/// The minimum mean share of noise, so that rounding errors in a series without noise do not count as periods.
const LEAST: f64 = 0.001;

/// Scores that differ by less are close to each other.
pub const CLOSE: f64 = 0.05;

/// The maximum number of periods of a result.
const MOST: i64 = 100_000;

fn columns() -> Vec<OutputColumn> {
    vec![OutputColumn::new("periods", Dynamic), OutputColumn::new("scores", Dynamic)]
}

pub static DETECT: ScalarFunction = ScalarFunction {
    name: "series_periods_detect",
    aliases: &[],
    signatures: &[sig(
        &[p("series", DynamicArray), p("min_period", Number), p("max_period", Number), p("num_periods", Is(Long))],
        Returns::Columns(|_| columns()),
    )],
    result_name: ResultName::None,
    summary: "The most significant periods of a series between two lengths, and their scores; padded with 0 if \
              there are fewer than asked for.",
    page: "series-periods-detect-function",
    eval: Eval::Noting(detect),
};

pub static VALIDATE: ScalarFunction = ScalarFunction {
    name: "series_periods_validate",
    aliases: &[],
    signatures: &[sig(&[p("series", DynamicArray), repeated("period", Number, 16)], Returns::Columns(|_| columns()))],
    result_name: ResultName::None,
    summary: "A score for each given period of a series; 0 if the series does not have that period.",
    page: "series-periods-validate-function",
    eval: Eval::Kernel(|call| {
        let wanted = (1..call.len()).map(|n| call.numbers(n)).collect::<Result<Vec<_>>>()?;
        read::map(call.rows, &call.strings(0)?, |i, series, out| {
            let Some(periods) = wanted.iter().map(|w| w.get(i)).collect::<Option<Vec<f64>>>() else { return false };
            let found = Correlogram::new(&series.values);
            let scores: Vec<f64> = periods.iter().map(|p| found.as_ref().map_or(0.0, |f| f.score(*p))).collect();
            write(&periods, &scores, out);
            true
        })
    }),
};

fn detect(_: &CallInfo, notes: Notes) -> Result<Box<dyn Kernel>> {
    Ok(Box::new(move |call: &Call| {
        let (least, most, count) = (call.numbers(1)?, call.numbers(2)?, call.longs(3)?);
        let series = call.strings(0)?;
        kernel::texts(call.rows, |i, out| {
            let Some(series) = Series::parse(series.get(i)) else { return false };
            let (Some(least), Some(most), Some(count)) = (least.get(i), most.get(i), count.get(i)) else {
                return false;
            };
            let count = usize::try_from(count.clamp(0, MOST)).unwrap_or(0);
            let found = Correlogram::new(&series.values).map_or_else(Vec::new, |c| c.periods(least, most));
            if (1..=count).any(|n| close(&found, n)) {
                notes.add(NOTE);
            }
            let places = || (0..count).map(|n| found.get(n).copied().unwrap_or((0, 0.0)));
            let (periods, scores): (Vec<f64>, Vec<f64>) = places().map(|(p, score)| (p as f64, score)).unzip();
            write(&periods, &scores, out);
            true
        })
    }))
}

const NOTE: &str = "series_periods_detect(): two periods of a series have almost the same score; Kusto may \
     order them differently or find another period.";

/// Whether the period before index `n` and the one at it are close, and neither is a multiple of the other.
fn close(found: &[(usize, f64)], n: usize) -> bool {
    match (found.get(n - 1), found.get(n)) {
        (Some((a, high)), Some((b, low))) => high - low < CLOSE && a % b != 0 && b % a != 0,
        _ => false,
    }
}

fn write(periods: &[f64], scores: &[f64], out: &mut String) {
    out.push('[');
    read::reals(periods, out);
    out.push(',');
    read::reals(scores, out);
    out.push(']');
}

/// The autocorrelation of a series by shift, and the strength of its frequencies.
pub struct Correlogram {
    /// By shift.
    scores: Vec<f64>,
    /// By the number of waves in the series, as a share of the total.
    shares: Vec<f64>,
}

impl Correlogram {
    /// `None` for a series that is too short or constant. Missing values count as the mean.
    pub fn new(values: &[Option<f64>]) -> Option<Correlogram> {
        let known: Vec<f64> = values.iter().copied().flatten().filter(|v| v.is_finite()).collect();
        if values.len() < 2 * SHORTEST || known.is_empty() {
            return None;
        }
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let centered = values.iter().map(|v| v.filter(|v| v.is_finite()).map_or(0.0, |v| v - mean));
        let mut waves: Vec<Complex<f64>> = centered.map(|v| Complex::new(v, 0.0)).collect();
        let size = waves.len();
        let mut planner = FftPlanner::<f64>::new();
        planner.plan_fft_forward(size).process(&mut waves);
        waves.iter_mut().for_each(|wave| *wave = Complex::new(wave.norm_sqr(), 0.0));
        let strengths: Vec<f64> = waves.iter().take(size / 2 + 1).skip(1).map(|wave| wave.re).collect();
        let total: f64 = strengths.iter().sum();
        planner.plan_fft_inverse(size).process(&mut waves);
        let whole = waves.first()?.re;
        let lowest = waves.iter().map(|wave| wave.re).fold(f64::INFINITY, f64::min);
        if whole.is_nan() || total.is_nan() || total <= 0.0 || whole - lowest <= 0.0 {
            return None;
        }
        let scores = waves.iter().map(|wave| (wave.re - lowest) / (whole - lowest)).collect();
        let shares = std::iter::once(0.0).chain(strengths.iter().map(|s| s / total)).collect();
        Some(Correlogram { scores, shares })
    }

    fn at(&self, shift: usize) -> f64 {
        self.scores.get(shift).copied().unwrap_or(0.0)
    }

    /// The best shift between `waves + 1` and `waves - 1` waves in the series, if it is the peak of a hill.
    fn hill(&self, waves: usize) -> Option<usize> {
        let size = self.scores.len();
        let longest = if waves > 1 { (size / (waves - 1)).min(size / 2) } else { size / 2 };
        let shifts = size.div_ceil(waves + 1)..=longest;
        let best = shifts.max_by(|a, b| self.at(*a).total_cmp(&self.at(*b)).then(b.cmp(a)))?;
        (best > 0 && self.at(best) > self.at(best - 1) && self.at(best) >= self.at(best + 1)).then_some(best)
    }

    /// The score of one period, 0 if it is not a period.
    pub fn score(&self, period: f64) -> f64 {
        let size = self.scores.len();
        if !(SHORTEST as f64..=size as f64 / 2.0).contains(&period) {
            return 0.0;
        }
        let shift = period.round() as usize;
        let waves = (size as f64 / period).round() as usize;
        if self.hill(waves) == Some(shift) { self.at(shift) } else { 0.0 }
    }

    /// The share that a frequency of noise does not exceed. Strengths of noise are distributed exponentially; a strong
    /// period would raise their mean, but not their median.
    fn noise(&self) -> f64 {
        let mut shares: Vec<f64> = self.shares.iter().skip(1).copied().collect();
        shares.sort_by(f64::total_cmp);
        let median = shares.get(shares.len() / 2).copied().unwrap_or(0.0);
        let mean = 1.0 / shares.len() as f64;
        (shares.len() as f64 / CHANCE).ln() * mean.min((median / std::f64::consts::LN_2).max(LEAST))
    }

    /// The periods from `least` to `most` with their scores, the best one first.
    pub fn periods(&self, least: f64, most: f64) -> Vec<(usize, f64)> {
        let noise = self.noise();
        let count = self.shares.len() - 1;
        let mut found: Vec<(usize, f64)> = Vec::new();
        for waves in (2..=count).filter(|waves| self.shares.get(*waves).is_some_and(|share| *share > noise)) {
            let Some(shift) = self.hill(waves).filter(|s| *s >= SHORTEST) else { continue };
            let score = self.at(shift);
            let asked = (least..=most).contains(&(shift as f64));
            if asked && score > 1e-9 && found.iter().all(|(known, _)| *known != shift) {
                found.push((shift, score));
            }
        }
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(values: impl IntoIterator<Item = i64>) -> Vec<usize> {
        let values: Vec<Option<f64>> = values.into_iter().map(|v| Some(v as f64)).collect();
        let found = Correlogram::new(&values).map_or_else(Vec::new, |c| c.periods(0.0, f64::INFINITY));
        found.into_iter().map(|(period, _)| period).collect()
    }

    #[test]
    fn periods_of_what_repeats_itself() {
        assert_eq!(found([0, 3, 9, 4, 1].repeat(12)), vec![5usize]);
        assert_eq!(found((0..140).map(|n| i64::from(n % 14 == 0))), vec![14usize]);
        assert_eq!(found([1, 2, 3, 4, 3, 2].repeat(4)), vec![6usize]);
        // a day of 24 hours and a week of seven of them
        let hours = (0..24 * 7 * 5).map(|n| if (n / 24) % 7 >= 5 { 0 } else { 10 } + if n % 24 < 8 { 0 } else { 6 });
        assert_eq!(found(hours), vec![168usize, 24]);
    }

    #[test]
    fn no_periods_of_noise_and_trends() {
        assert!(found((0..200i64).map(|n| (n * n * 7919 + n * 104_729) % 10_007)).is_empty());
        assert!(found(0..100).is_empty());
        assert!(found([7; 40]).is_empty());
        assert!(found([1, 2, 3]).is_empty());
    }
}
