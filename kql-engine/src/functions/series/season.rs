//! The season of a series, for a given or a detected period.

use super::periods::{CLOSE, Correlogram};
use crate::notes::Notes;

/// The season of a series: the median of the values at each position of the period; all 0 without a period. If two periods,
/// or a period and none, score nearly the same, a note about `function` is added to `notes`.
pub fn seasonal(
    values: &[Option<f64>],
    period: i64,
    test: usize,
    threshold: f64,
    (notes, function): (&Notes, &str),
) -> Vec<f64> {
    let known = values.get(..values.len().saturating_sub(test)).unwrap_or(&[]);
    let period = match period {
        0 => None,
        -1 => {
            let (period, close) = detect(known, threshold);
            if close {
                notes.add(&note(function));
            }
            period
        }
        other => usize::try_from(other).ok().filter(|p| *p <= known.len()),
    };
    let Some(period) = period.filter(|p| *p > 0) else { return vec![0.0; values.len()] };
    let medians: Vec<f64> = (0..period)
        .map(|place| median(known.iter().skip(place).step_by(period).copied().flatten().collect()))
        .collect();
    (0..values.len()).map(|n| medians.get(n % period).copied().unwrap_or(0.0)).collect()
}

fn note(function: &str) -> String {
    format!(
        "{function}(): the period of a series could not be determined reliably; Kusto may decide differently. \
         Pass the period, or 0 for none, instead of -1."
    )
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

/// The period with the highest score, `None` if no score is above the threshold; and whether the decision is close.
fn detect(values: &[Option<f64>], threshold: f64) -> (Option<usize>, bool) {
    let found = Correlogram::new(values).map_or_else(Vec::new, |c| c.periods(0.0, f64::INFINITY));
    let Some((best, highest)) = found.first().copied() else { return (None, false) };
    // a multiple of the period scores as well as the period itself, and is not a rival
    let rival = found.iter().skip(1).any(|(period, score)| period % best != 0 && *score > highest - CLOSE);
    let period = (highest > threshold).then_some(best);
    (period, (highest - threshold).abs() < CLOSE || period.is_some() && rival)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_decision_is_told() {
        let values: Vec<Option<f64>> = [1, 2, 3, 4, 3, 2].repeat(4).into_iter().map(|v| Some(f64::from(v))).collect();
        assert_eq!(detect(&values, 0.7), (Some(6), false));
        assert_eq!(detect(&values, 0.98), (Some(6), true));
        assert_eq!(detect(&values, 1.02), (None, true));
        let notes = Notes::default();
        seasonal(&values, -1, 0, 0.98, (&notes, "series_seasonal"));
        assert_eq!(notes.sentences().len(), 1);
    }
}
