//! `dynamic_to_json()`

use crate::dynamic::read::{self, Kind};
use crate::dynamic::write;
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::String;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static DYNAMIC_TO_JSON: ScalarFunction = ScalarFunction {
    name: "dynamic_to_json",
    aliases: &[],
    signatures: &[sig(&[p("dynamic", Scalar)], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "The text of a value; for a dynamic value, JSON with the properties of bags sorted by name.",
    page: "dynamic-to-json-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    kernel::strings(call.rows, |i, out| match &value {
        Arg::Dynamic(v) => {
            if let Some(json) = v.option(i) {
                sorted(json, out);
            }
        }
        other => _ = other.text(i, out),
    })
}

fn sorted(json: &str, out: &mut std::string::String) {
    match read::kind(json) {
        Kind::Array => {
            write::list(read::elements(json), out, |item, out| {
                sorted(item, out);
            });
        }
        Kind::Bag => {
            let mut properties: Vec<_> =
                read::properties(json).map(|(key, value)| (read::unquote(key), key, value)).collect();
            properties.sort_by(|(a, ..), (b, ..)| a.cmp(b));
            write::members(properties.iter(), out, |(_, key, value), out| {
                out.push_str(key);
                out.push(':');
                sorted(value, out);
            });
        }
        _ => out.push_str(json),
    }
}
