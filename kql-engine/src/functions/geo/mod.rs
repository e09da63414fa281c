//! Places on the earth.

mod geohash;
mod h3;
mod ip_address;
mod measures;
mod points;
mod s2;
mod shapes;
mod sphere;
mod spheroid;

use crate::registry::ScalarFunction;
pub use measures::{DISTANCE_POINT_TO_LINE, DISTANCE_POINT_TO_POLYGON, POINT_IN_POLYGON};

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
    &s2::POINT_TO_S2CELL,
    &s2::TO_CENTRAL_POINT,
    &s2::TO_POLYGON,
    &s2::NEIGHBORS,
    &ip_address::GEO_INFO_FROM_IP_ADDRESS,
    &h3::POINT_TO_H3CELL,
    &h3::TO_CENTRAL_POINT,
    &h3::TO_POLYGON,
    &h3::NEIGHBORS,
    &h3::CHILDREN,
    &h3::RINGS,
    &h3::PARENT,
    &h3::LEVEL,
    &measures::LINE_LENGTH,
    &measures::POLYGON_PERIMETER,
    &measures::POLYGON_AREA,
    &measures::POINT_IN_POLYGON,
    &measures::DISTANCE_POINT_TO_LINE,
    &measures::DISTANCE_POINT_TO_POLYGON,
];
