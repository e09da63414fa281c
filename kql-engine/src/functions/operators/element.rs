//! `d.a`, `d['a']`, `d[0]`, `d[-1]`, `d[(expr)]`: a step into a dynamic value; null if there is no such element.

use crate::dynamic::path;
use crate::dynamic::read::{self, Kind};
use crate::functions::kernel::{self, Strings};
use crate::registry::{Call, Eval, ParameterType, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::{Dynamic, Int, Long, String};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static ELEMENT: ScalarFunction = ScalarFunction {
    name: "[]",
    aliases: &[],
    signatures: &[sig(
        &[p("value", Is(Dynamic)), p("step", ParameterType::OneOf(&[String, Long, Int, Dynamic]))],
        Returns::Is(Dynamic),
    )],
    result_name: ResultName::None,
    summary: "A property of a bag by name, or an element of an array by position; negative positions count from \
              the end.",
    page: "operator:scalar-data-types/dynamic",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let values = call.strings(0)?;
    let step = call.types.get(1).copied().unwrap_or(String);
    match step {
        Long => {
            let index = call.longs(1)?;
            pick(call.rows, &values, |i, text| path::element(text, index.get(i)?))
        }
        Int => {
            let index = call.ints(1)?;
            pick(call.rows, &values, |i, text| path::element(text, i64::from(index.get(i)?)))
        }
        String => {
            let key = call.strings(1)?;
            pick(call.rows, &values, |i, text| path::property(text, key.get(i)))
        }
        _ => {
            let steps = call.strings(1)?;
            pick(call.rows, &values, |i, text| {
                let step = steps.option(i)?;
                match read::kind(step) {
                    Kind::String => path::property(text, &read::unquote(step)?),
                    Kind::Long => path::element(text, step.parse().ok()?),
                    _ => None,
                }
            })
        }
    }
}

fn pick<'a>(
    rows: usize,
    values: &'a Strings<'a>,
    step: impl Fn(usize, &'a str) -> Option<&'a str>,
) -> Result<ColumnarValue> {
    kernel::parts(rows, |i| step(i, values.option(i)?))
}
