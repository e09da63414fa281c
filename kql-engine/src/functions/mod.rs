//! Scalar functions and operators. The `mod.rs` of each family contains only a list.

#![allow(missing_docs)] // a row documents itself: its `summary` and `page`

pub mod conditional;
pub mod conversion;
pub mod datetime;
pub mod dynamic;
pub mod encoding;
pub mod geo;
pub mod hash;
pub mod ip;
pub mod kernel;
mod lookup;
pub mod math;
pub mod nan_place;
pub mod operators;
pub mod parsing;
pub mod series;
pub mod string;
pub mod units;
pub mod window;

pub use lookup::{scalar, scalar_operator};

use crate::registry::ScalarFunction;

/// The functions of each family.
static FAMILIES: &[&[&ScalarFunction]] = &[
    operators::ALL,
    conversion::ALL,
    string::ALL,
    datetime::ALL,
    conditional::ALL,
    dynamic::ALL,
    math::ALL,
    parsing::ALL,
    encoding::ALL,
    hash::ALL,
    ip::ALL,
    series::ALL,
    window::ALL,
    geo::ALL,
    units::ALL,
];

/// All scalar functions and operators.
pub fn all() -> impl Iterator<Item = &'static ScalarFunction> {
    FAMILIES.iter().flat_map(|family| family.iter().copied())
}

/// The functions that queries cannot call by name: plans use them.
pub fn internal() -> impl Iterator<Item = &'static ScalarFunction> {
    let others = [&dynamic::NULL_AS_VALUE, &conversion::VALUE_TO_DYNAMIC];
    datetime::INTERNAL.into_iter().chain(nan_place::INTERNAL).chain(others)
}
