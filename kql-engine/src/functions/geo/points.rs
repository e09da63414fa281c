//! `geo_distance_2points()`, `geo_azimuth()`, `geo_angle()`, `geo_point_in_circle()`

use super::sphere::Point;
use super::spheroid;
use crate::functions::kernel;
use crate::registry::{
    Call, CallInfo, Eval, Kernel,
    ParameterType::{Number, NumberOrBool},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::types::ScalarType::{Bool, Real};
use datafusion::common::Result;

pub static DISTANCE_2POINTS: ScalarFunction = ScalarFunction {
    name: "geo_distance_2points",
    aliases: &[],
    signatures: &[sig(
        &[
            p("p1_longitude", Number),
            p("p1_latitude", Number),
            p("p2_longitude", Number),
            p("p2_latitude", Number),
            optional("use_spheroid", NumberOrBool),
        ],
        Returns::Is(Real),
    )],
    result_name: ResultName::None,
    summary: "The distance in meters between two points on a sphere; on a spheroid if the last argument is true.",
    page: "geo-distance-2points-function",
    eval: Eval::Compiled(distance),
};

pub static AZIMUTH: ScalarFunction = ScalarFunction {
    name: "geo_azimuth",
    aliases: &[],
    signatures: &[sig(
        &[p("p1_longitude", Number), p("p1_latitude", Number), p("p2_longitude", Number), p("p2_latitude", Number)],
        Returns::Is(Real),
    )],
    result_name: ResultName::None,
    summary: "The azimuth from one point to another, in radians clockwise from north.",
    page: "geo-azimuth-function",
    eval: Eval::Kernel(|call| {
        let points = points::<2>(call)?;
        kernel::reals(call.rows, |i| {
            let [a, b] = points(i)?;
            // there is no direction from a point to itself
            (a != b).then(|| a.azimuth(b))
        })
    }),
};

pub static ANGLE: ScalarFunction = ScalarFunction {
    name: "geo_angle",
    aliases: &[],
    signatures: &[sig(
        &[
            p("p1_longitude", Number),
            p("p1_latitude", Number),
            p("p2_longitude", Number),
            p("p2_latitude", Number),
            p("p3_longitude", Number),
            p("p3_latitude", Number),
        ],
        Returns::Is(Real),
    )],
    result_name: ResultName::None,
    summary: "The clockwise angle at the second of three points between the lines to the other two, in radians \
              from 0 to 2π.",
    page: "geo-angle-function",
    eval: Eval::Kernel(|call| {
        let points = points::<3>(call)?;
        kernel::reals(call.rows, |i| {
            let [a, middle, b] = points(i)?;
            if a == middle || b == middle {
                return None;
            }
            let angle = middle.azimuth(b) - middle.azimuth(a);
            Some(if angle < 0.0 { angle + std::f64::consts::TAU } else { angle })
        })
    }),
};

pub static POINT_IN_CIRCLE: ScalarFunction = ScalarFunction {
    name: "geo_point_in_circle",
    aliases: &[],
    signatures: &[sig(
        &[
            p("p_longitude", Number),
            p("p_latitude", Number),
            p("pc_longitude", Number),
            p("pc_latitude", Number),
            p("c_radius", Number),
        ],
        Returns::Is(Bool),
    )],
    result_name: ResultName::None,
    summary: "True if a point is within a number of meters of another.",
    page: "geo-point-in-circle-function",
    eval: Eval::Kernel(|call| {
        let points = points::<2>(call)?;
        let radius = call.numbers(4)?;
        kernel::bools(call.rows, |i| {
            let [a, b] = points(i)?;
            let radius = radius.get(i).filter(|r| *r >= 0.0)?;
            Some(a.distance(b) <= radius)
        })
    }),
};

/// The points of the first arguments; `None` if one is out of range.
pub(super) fn points<'a, const N: usize>(call: &Call<'a>) -> Result<impl Fn(usize) -> Option<[Point; N]> + use<'a, N>> {
    let numbers = (0..2 * N).map(|n| call.numbers(n)).collect::<Result<Vec<_>>>()?;
    Ok(move |i: usize| {
        let point = |n: usize| Point::new(numbers.get(2 * n)?.get(i)?, numbers.get(2 * n + 1)?.get(i)?);
        let mut all = [Point { longitude: 0.0, latitude: 0.0 }; N];
        for (n, slot) in all.iter_mut().enumerate() {
            *slot = point(n)?;
        }
        Some(all)
    })
}

fn distance(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    let flag = info.types.get(4).copied();
    Ok(Box::new(move |call: &Call| {
        let points = points::<2>(call)?;
        let (bools, numbers) = match flag {
            Some(Bool) => (Some(call.bools(4)?), None),
            Some(_) => (None, Some(call.numbers(4)?)),
            None => (None, None),
        };
        kernel::reals(call.rows, |i| {
            let [a, b] = points(i)?;
            let exact = match (&bools, &numbers) {
                (Some(flag), _) => flag.get(i)?,
                (_, Some(flag)) => flag.get(i)? != 0.0,
                _ => false,
            };
            Some(if exact { spheroid::distance(a, b) } else { a.distance(b) })
        })
    }))
}
