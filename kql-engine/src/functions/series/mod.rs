//! Series: arrays of numbers, usually created by `make-series`.

mod decompose;
mod elements;
mod fill;
mod filters;
mod fit;
mod fourier;
mod line;
mod outliers;
mod pairs;
mod periods;
mod read;
mod reductions;
mod season;
mod stats;

use crate::registry::ScalarFunction;

/// All series functions.
pub static ALL: &[&ScalarFunction] = &[
    &pairs::ADD,
    &pairs::SUBTRACT,
    &pairs::MULTIPLY,
    &pairs::DIVIDE,
    &pairs::POW,
    &pairs::GREATER,
    &pairs::GREATER_EQUALS,
    &pairs::LESS,
    &pairs::LESS_EQUALS,
    &pairs::EQUALS,
    &pairs::NOT_EQUALS,
    &elements::EXP,
    &elements::LOG,
    &elements::SIN,
    &elements::COS,
    &elements::TAN,
    &elements::ASIN,
    &elements::ACOS,
    &elements::ATAN,
    &elements::ABS,
    &elements::SIGN,
    &elements::FLOOR,
    &elements::CEILING,
    &reductions::SUM,
    &reductions::PRODUCT,
    &reductions::MAGNITUDE,
    &reductions::DOT_PRODUCT,
    &reductions::COSINE_SIMILARITY,
    &reductions::PEARSON_CORRELATION,
    &fill::FORWARD,
    &fill::BACKWARD,
    &fill::CONST,
    &fill::LINEAR,
    &filters::FIR,
    &filters::IIR,
    &stats::STATS,
    &stats::STATS_DYNAMIC,
    &fit::FIT_LINE,
    &fit::FIT_LINE_DYNAMIC,
    &fit::FIT_2LINES,
    &fit::FIT_2LINES_DYNAMIC,
    &fit::FIT_POLY,
    &fourier::FFT,
    &fourier::IFFT,
    &outliers::OUTLIERS,
    &decompose::SEASONAL,
    &decompose::DECOMPOSE,
    &decompose::FORECAST,
    &decompose::ANOMALIES,
    &periods::DETECT,
    &periods::VALIDATE,
];
