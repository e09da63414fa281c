//! Multiples of a span.

/// The largest multiple of `step` that is not greater than `value`; `None` if the step is not positive.
pub fn floor_to(value: i64, step: i64) -> Option<i64> {
    (step > 0).then(|| value.checked_sub(value.rem_euclid(step))).flatten()
}
