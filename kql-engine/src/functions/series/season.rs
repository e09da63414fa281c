//! Periods of a series.
//!
//! How Kusto scores a period is not published. The score here, the autocorrelation at the period evened out for the
//! values that a longer shift leaves over, comes close to the scores that are known; where it is too near to the
//! threshold, or two periods are too near to each other, nothing is decided.

use datafusion::common::{DataFusionError, Result, exec_datafusion_err};

/// The shortest period that is found by itself.
const SHORTEST: usize = 4;
/// How far a score has to be above the threshold, below it, and above that of another period.
const ABOVE: f64 = 0.15;
const BELOW: f64 = 0.25;
const APART: f64 = 0.05;

/// That a series does not say clearly whether it has a season.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unclear;

impl Unclear {
    /// As an error of the run.
    pub fn error() -> DataFusionError {
        exec_datafusion_err!(
            "whether a series has a season is too close to call here: say its period, or 0 for none, instead of -1"
        )
    }

    /// The result, or the error where one of its series was unclear.
    pub fn checked<T>(unclear: bool, result: Result<T>) -> Result<T> {
        if unclear { Err(Unclear::error()) } else { result }
    }
}

/// The season of a series: the median of the values at each place of the period. All 0 without one.
pub fn seasonal(values: &[Option<f64>], period: i64, test: usize, threshold: f64) -> Result<Vec<f64>, Unclear> {
    let known = values.get(..values.len().saturating_sub(test)).unwrap_or(&[]);
    let period = match period {
        0 => None,
        -1 => detect(known, threshold)?,
        other => usize::try_from(other).ok().filter(|p| *p <= known.len()),
    };
    let Some(period) = period.filter(|p| *p > 0) else { return Ok(vec![0.0; values.len()]) };
    let medians: Vec<f64> = (0..period)
        .map(|place| median(known.iter().skip(place).step_by(period).copied().flatten().collect()))
        .collect();
    Ok((0..values.len()).map(|n| medians.get(n % period).copied().unwrap_or(0.0)).collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle.wrapping_sub(1)), values.get(middle)) {
        (Some(below), Some(above)) if values.len().is_multiple_of(2) => (below + above) / 2.0,
        (_, Some(middle)) => *middle,
        _ => 0.0,
    }
}

/// The period with the highest score, none where no score comes near the threshold.
fn detect(values: &[Option<f64>], threshold: f64) -> Result<Option<usize>, Unclear> {
    if values.len() < 2 * SHORTEST {
        return Ok(None);
    }
    let known: Vec<f64> = values.iter().copied().flatten().collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let centered: Vec<f64> = values.iter().map(|v| v.map_or(0.0, |v| v - mean)).collect();
    let scores = autocorrelation(&centered);
    let count = centered.len() as f64;
    let score = |lag: usize| scores.get(lag).map_or(0.0, |s| s * (count / (count - lag as f64)).sqrt());
    let peaks: Vec<(usize, f64)> = (SHORTEST..=values.len() / 2)
        .filter(|lag| score(*lag) >= score(lag - 1) && score(*lag) >= score(lag + 1))
        .map(|lag| (lag, score(lag)))
        .collect();
    let best = peaks.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1));
    let Some((period, highest)) = best.filter(|(_, highest)| *highest > threshold - BELOW) else { return Ok(None) };
    // a multiple of the period is as good as the period itself, and does not count against it
    let rival = peaks.iter().any(|(lag, score)| lag % period != 0 && *score > highest - APART);
    if highest < threshold + ABOVE || rival { Err(Unclear) } else { Ok(Some(period)) }
}

/// The autocorrelation at every lag, by Fourier transforms.
fn autocorrelation(centered: &[f64]) -> Vec<f64> {
    use rustfft::FftPlanner;
    use rustfft::num_complex::Complex;
    let size = (2 * centered.len()).next_power_of_two();
    let mut values: Vec<Complex<f64>> = centered.iter().map(|v| Complex::new(*v, 0.0)).collect();
    values.resize(size, Complex::new(0.0, 0.0));
    let mut planner = FftPlanner::<f64>::new();
    planner.plan_fft_forward(size).process(&mut values);
    values.iter_mut().for_each(|v| *v = Complex::new(v.norm_sqr(), 0.0));
    planner.plan_fft_inverse(size).process(&mut values);
    let total = values.first().map_or(0.0, |v| v.re);
    if total <= 0.0 {
        return vec![0.0; centered.len()];
    }
    values.iter().take(centered.len()).map(|v| v.re / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(values: &[i64]) -> Vec<Option<f64>> {
        values.iter().map(|v| Some(*v as f64)).collect()
    }

    #[test]
    fn periods_are_found_where_they_are_clear() {
        let wave: Vec<i64> = [0, 3, 9, 4, 1].repeat(12);
        assert_eq!(detect(&some(&wave), 0.6), Ok(Some(5)));
        let noise: Vec<i64> = (0..200i64).map(|n| (n * n * 7919 + n * 104_729) % 10_007).collect();
        assert_eq!(detect(&some(&noise), 0.6), Ok(None));
        assert_eq!(detect(&some(&[7; 40]), 0.6), Ok(None));
        assert_eq!(detect(&some(&[1, 3, 5, 2, 4, 6, 1, 3, 5, 2, 4, 6]), 0.7), Err(Unclear));
    }
}
