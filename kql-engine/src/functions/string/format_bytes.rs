//! `format_bytes()`

use crate::functions::kernel;
use crate::registry::{
    ArgumentKind, Call, CallInfo, Eval, Kernel,
    ParameterType::{Is, Number},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::types::ScalarType::String;
use datafusion::common::{Result, plan_err};
use std::fmt::Write;

/// Each unit is 1,024 times the previous one.
const UNITS: [&str; 7] = ["Bytes", "KB", "MB", "GB", "TB", "PB", "EB"];

pub static FORMAT_BYTES: ScalarFunction = ScalarFunction {
    name: "format_bytes",
    aliases: &[],
    signatures: &[sig(
        &[
            p("size", Number),
            optional("precision", Number).kind(ArgumentKind::Constant),
            optional("format", Is(String)).kind(ArgumentKind::Constant),
        ],
        Returns::Is(String),
    )],
    result_name: ResultName::FirstArgument,
    summary: "A number of bytes with a unit, such as 10.1 KB.",
    page: "format-bytes-function",
    eval: Eval::Compiled(compile),
};

fn compile(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    let unit = match info.text(2) {
        None | Some("") => None,
        Some(name) => match UNITS.iter().position(|u| u.eq_ignore_ascii_case(name)) {
            Some(unit) => Some(unit),
            None => return plan_err!("'{name}' is not a valid unit for format_bytes(); use {}.", UNITS.join(", ")),
        },
    };
    Ok(Box::new(move |call: &Call| {
        let size = call.numbers(0)?;
        let digits = if call.len() > 1 { call.numbers(1)?.get(0).unwrap_or(0.0) } else { 0.0 };
        let digits = if digits.is_finite() { digits.clamp(0.0, 20.0) as usize } else { 0 };
        kernel::strings(call.rows, |i, out| {
            let Some(size) = size.get(i) else { return };
            let (mut value, mut at) = (size, 0);
            while unit.map_or(value.abs() >= 1024.0, |unit| at < unit) && at + 1 < UNITS.len() {
                value /= 1024.0;
                at += 1;
            }
            // round half away from zero, then remove zeros at the end
            let scale = 10f64.powi(digits as i32);
            let rounded = (value * scale).round() / scale;
            let _ = write!(out, "{rounded} {}", UNITS.get(at).copied().unwrap_or("Bytes"));
        })
    }))
}
