//! Geospatial functions.

mod arcs;
mod chains;
mod constructions;
mod covering;
mod densify;
mod geohash;
mod h3;
mod intersections;
mod ip_address;
mod measures;
mod meetings;
mod on_shapes;
mod overlap;
mod points;
mod s2;
mod shapes;
mod sphere;
mod spheroid;
mod wkt;

use crate::registry::ScalarFunction;
pub use measures::{DISTANCE_POINT_TO_LINE, DISTANCE_POINT_TO_POLYGON, POINT_IN_POLYGON};

/// All geospatial functions.
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
    &on_shapes::CLOSEST_POINT_ON_LINE,
    &on_shapes::CLOSEST_POINT_ON_POLYGON,
    &on_shapes::LINE_CENTROID,
    &on_shapes::POLYGON_CENTROID,
    &on_shapes::LINE_INTERPOLATE_POINT,
    &on_shapes::LINE_LOCATE_POINT,
    &densify::LINE_DENSIFY,
    &densify::POLYGON_DENSIFY,
    &wkt::FROM_WKT,
    &covering::LINE_TO_S2CELLS,
    &covering::POLYGON_TO_S2CELLS,
    &constructions::LINE_BUFFER,
    &constructions::POLYGON_BUFFER,
    &constructions::POINT_BUFFER,
    &constructions::LINE_SIMPLIFY,
    &constructions::POLYGON_SIMPLIFY,
    &constructions::SIMPLIFY_POLYGONS_ARRAY,
    &constructions::UNION_POLYGONS_ARRAY,
    &constructions::UNION_LINES_ARRAY,
    &constructions::POLYGON_TO_H3CELLS,
    &intersections::INTERSECTION_2LINES,
    &intersections::INTERSECTION_2POLYGONS,
    &intersections::INTERSECTION_LINE_WITH_POLYGON,
    &meetings::INTERSECTS_2LINES,
    &meetings::INTERSECTS_2POLYGONS,
    &meetings::INTERSECTS_LINE_WITH_POLYGON,
];
