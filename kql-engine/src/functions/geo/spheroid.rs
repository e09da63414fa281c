//! Distances on the WGS-84 spheroid, by Vincenty's formula.

use super::sphere::Point;

/// The radius at the equator, in metres.
const EQUATOR: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_223_563;

/// The distance between two points in metres. Points that are almost opposite each other, for which the formula does not
/// converge, are measured on the sphere.
pub fn distance(a: Point, b: Point) -> f64 {
    if a == b {
        return 0.0;
    }
    let pole = EQUATOR * (1.0 - FLATTENING);
    let across = (b.longitude - a.longitude).to_radians();
    let reduced = |latitude: f64| ((1.0 - FLATTENING) * latitude.to_radians().tan()).atan();
    let (sin_a, cos_a) = reduced(a.latitude).sin_cos();
    let (sin_b, cos_b) = reduced(b.latitude).sin_cos();
    let mut lambda = across;
    for _ in 0..200 {
        let (sin_lambda, cos_lambda) = lambda.sin_cos();
        let sin_sigma = ((cos_b * sin_lambda).powi(2) + (cos_a * sin_b - sin_a * cos_b * cos_lambda).powi(2)).sqrt();
        if sin_sigma == 0.0 {
            return 0.0;
        }
        let cos_sigma = sin_a * sin_b + cos_a * cos_b * cos_lambda;
        let sigma = sin_sigma.atan2(cos_sigma);
        let sin_alpha = cos_a * cos_b * sin_lambda / sin_sigma;
        let cos2_alpha = 1.0 - sin_alpha * sin_alpha;
        // on the equator
        let cos_2m = if cos2_alpha == 0.0 { 0.0 } else { cos_sigma - 2.0 * sin_a * sin_b / cos2_alpha };
        let c = FLATTENING / 16.0 * cos2_alpha * (4.0 + FLATTENING * (4.0 - 3.0 * cos2_alpha));
        let square = 2.0 * cos_2m * cos_2m - 1.0;
        let next =
            across + (1.0 - c) * FLATTENING * sin_alpha * (sigma + c * sin_sigma * (cos_2m + c * cos_sigma * square));
        let settled = (next - lambda).abs() < 1e-12;
        lambda = next;
        if settled {
            let u2 = cos2_alpha * (EQUATOR * EQUATOR - pole * pole) / (pole * pole);
            let big_a = 1.0 + u2 / 16384.0 * (4096.0 + u2 * (-768.0 + u2 * (320.0 - 175.0 * u2)));
            let big_b = u2 / 1024.0 * (256.0 + u2 * (-128.0 + u2 * (74.0 - 47.0 * u2)));
            let last = big_b / 6.0 * cos_2m * (-3.0 + 4.0 * sin_sigma * sin_sigma) * (-3.0 + 4.0 * cos_2m * cos_2m);
            let change = big_b * sin_sigma * (cos_2m + big_b / 4.0 * (cos_sigma * square - last));
            return pole * big_a * (sigma - change);
        }
    }
    a.distance(b)
}
