//! Periods of a series.
//!
//! How Kusto scores a period is not published. The score here is the autocorrelation at the period, evened out for the
//! values that a longer shift leaves over, which comes close to the scores that are known.

/// The shortest period that is found by itself.
const SHORTEST: usize = 4;

/// The season of a series: the median of the values at each place of the period. All 0 without one.
pub fn seasonal(values: &[Option<f64>], period: i64, test: usize, threshold: f64) -> Vec<f64> {
    let known = values.get(..values.len().saturating_sub(test)).unwrap_or(&[]);
    let period = match period {
        0 => None,
        -1 => detect(known, threshold),
        other => usize::try_from(other).ok().filter(|p| *p <= known.len()),
    };
    let Some(period) = period else { return vec![0.0; values.len()] };
    let medians: Vec<f64> = (0..period)
        .map(|place| median(known.iter().skip(place).step_by(period).copied().flatten().collect()))
        .collect();
    (0..values.len()).map(|n| medians.get(n % period).copied().unwrap_or(0.0)).collect()
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

/// The period with the highest score, where that is above the threshold.
fn detect(values: &[Option<f64>], threshold: f64) -> Option<usize> {
    let known: Vec<f64> = values.iter().copied().flatten().collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let centered: Vec<f64> = values.iter().map(|v| v.map_or(0.0, |v| v - mean)).collect();
    let scores = autocorrelation(&centered);
    let count = centered.len() as f64;
    let score = |lag: usize| scores.get(lag).map_or(0.0, |s| s * (count / (count - lag as f64)).sqrt());
    (SHORTEST..=values.len() / 2)
        // a peak: higher than both neighbours
        .filter(|lag| score(*lag) >= score(lag - 1) && score(*lag) >= score(lag + 1))
        .map(|lag| (lag, score(lag)))
        .fold(None, |best: Option<(usize, f64)>, (lag, score)| match best {
            // of a period and its multiples the shortest counts
            Some((_, highest)) if score <= highest * 1.05 => best,
            _ => Some((lag, score)),
        })
        .filter(|(_, score)| *score > threshold)
        .map(|(lag, _)| lag)
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
    fn periods_are_found() {
        let six: Vec<i64> = [2, 5, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1].to_vec();
        assert_eq!(detect(&some(&six), 0.7), Some(6));
        let five = [8, 12, 14, 12, 10, 10, 12, 14, 12, 10, 10, 12, 14, 12, 10, 10, 12, 14, 12, 10];
        assert_eq!(detect(&some(&five), 0.7), Some(5));
        assert_eq!(detect(&some(&[1, 3, 5, 2, 4, 6, 1, 3, 5, 2, 4, 6]), 0.7), None);
        assert_eq!(detect(&some(&[7; 40]), 0.6), None);
    }
}
