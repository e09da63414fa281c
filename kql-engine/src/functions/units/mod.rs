//! Units of measurement.

mod convert;
mod tables;

use crate::registry::ScalarFunction;

/// All unit conversions.
pub static ALL: &[&ScalarFunction] = &[
    &convert::ANGLE,
    &convert::ENERGY,
    &convert::FORCE,
    &convert::LENGTH,
    &convert::MASS,
    &convert::SPEED,
    &convert::TEMPERATURE,
    &convert::VOLUME,
];
