//! Places on the earth.

mod geohash;
mod points;
mod sphere;
mod spheroid;

use crate::registry::ScalarFunction;

/// Every row.
pub static ALL: &[&ScalarFunction] = &[
    &points::DISTANCE_2POINTS,
    &points::AZIMUTH,
    &points::ANGLE,
    &points::POINT_IN_CIRCLE,
    &geohash::POINT_TO_GEOHASH,
    &geohash::TO_CENTRAL_POINT,
    &geohash::TO_POLYGON,
    &geohash::NEIGHBORS,
];
