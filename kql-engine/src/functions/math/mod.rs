//! Numbers.

mod abs;
mod beta;
mod bin;
mod bin_at;
mod bitwise;
mod elementary;
mod float_tests;
mod powers;
mod random;
mod round;
pub mod special;
mod welch_test;

use crate::registry::ScalarFunction;

/// All numeric functions.
pub static ALL: &[&ScalarFunction] = &[
    &bin::BIN,
    &bin_at::BIN_AT,
    &round::ROUND,
    &round::CEILING,
    &abs::ABS,
    &elementary::SIGN,
    &elementary::SQRT,
    &elementary::EXP,
    &elementary::EXP2,
    &elementary::EXP10,
    &elementary::LOG,
    &elementary::LOG2,
    &elementary::LOG10,
    &elementary::SIN,
    &elementary::COS,
    &elementary::TAN,
    &elementary::ASIN,
    &elementary::ACOS,
    &elementary::ATAN,
    &elementary::COT,
    &elementary::DEGREES,
    &elementary::RADIANS,
    &elementary::GAMMA,
    &elementary::LOGGAMMA,
    &elementary::ERF,
    &elementary::ERFC,
    &powers::POW,
    &powers::ATAN2,
    &powers::PI,
    &random::RAND,
    &random::NEW_GUID,
    &float_tests::ISNAN,
    &float_tests::ISINF,
    &float_tests::ISFINITE,
    &bitwise::BINARY_AND,
    &bitwise::BINARY_OR,
    &bitwise::BINARY_XOR,
    &bitwise::BINARY_NOT,
    &bitwise::BINARY_SHIFT_LEFT,
    &bitwise::BINARY_SHIFT_RIGHT,
    &bitwise::BITSET_COUNT_ONES,
    &beta::BETA_CDF,
    &beta::BETA_INV,
    &beta::BETA_PDF,
    &welch_test::WELCH_TEST,
];
