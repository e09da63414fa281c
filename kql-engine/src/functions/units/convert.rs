//! `convert_angle()`, `convert_length()` and similar functions: a quantity in another unit.
//!
//! An unknown unit returns null. Units whose exact size in Kusto is not documented are refused.

use super::tables::{self, Unit};
use crate::functions::kernel;
use crate::registry::{
    Call, CallInfo, Eval, Kernel, ParameterType::Is, ResultName, Returns, ScalarFunction, Signature, p, sig,
};
use crate::types::ScalarType::{Real, String};
use datafusion::common::{Result, plan_err};

static SIGNATURES: [Signature; 1] =
    [sig(&[p("value", Is(Real)), p("from", Is(String)), p("to", Is(String))], Returns::Is(Real))];

macro_rules! convert {
    ($row:ident, $name:literal, $page:literal, $summary:literal, $units:expr, $unknown:expr) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &SIGNATURES,
            result_name: ResultName::None,
            summary: $summary,
            page: $page,
            eval: Eval::Compiled(|info| compile(info, $units, $unknown)),
        };
    };
}

convert!(ANGLE, "convert_angle", "convert-angle-function", "An angle in another unit.", tables::ANGLE, &["Tilt"]);
convert!(
    ENERGY,
    "convert_energy",
    "convert-energy-function",
    "An energy in another unit.",
    tables::ENERGY,
    tables::ENERGY_UNKNOWN
);
convert!(FORCE, "convert_force", "convert-force-function", "A force in another unit.", tables::FORCE, &[]);
convert!(
    LENGTH,
    "convert_length",
    "convert-length-function",
    "A length in another unit.",
    tables::LENGTH,
    tables::LENGTH_UNKNOWN
);
convert!(
    MASS,
    "convert_mass",
    "convert-mass-function",
    "A mass in another unit.",
    tables::MASS,
    &["EarthMass", "SolarMass", "Slug"]
);
convert!(SPEED, "convert_speed", "convert-speed-function", "A speed in another unit.", tables::SPEED, &[]);
convert!(
    TEMPERATURE,
    "convert_temperature",
    "convert-temperature-function",
    "A temperature in another unit.",
    tables::TEMPERATURE,
    &["SolarTemperature"]
);
convert!(
    VOLUME,
    "convert_volume",
    "convert-volume-function",
    "A volume in another unit.",
    tables::VOLUME,
    tables::VOLUME_UNKNOWN
);

fn compile(info: &CallInfo, units: &'static [Unit], unknown: &[&str]) -> Result<Box<dyn Kernel>> {
    for name in [info.text(1), info.text(2)].into_iter().flatten() {
        if unknown.contains(&name) {
            return plan_err!("The unit '{name}' is not supported, because its size in Kusto is not documented.");
        }
    }
    Ok(Box::new(move |call: &Call| {
        let (value, from, to) = (call.reals(0)?, call.strings(1)?, call.strings(2)?);
        kernel::reals(call.rows, |i| {
            let unit = |name: &str| units.iter().find(|(unit, ..)| *unit == name);
            let (_, factor, offset) = unit(from.get(i))?;
            let (_, divisor, shift) = unit(to.get(i))?;
            let value = value.get(i)?;
            if from.get(i) == to.get(i) {
                return Some(value);
            }
            Some((value * factor + offset - shift) / divisor)
        })
    }))
}
