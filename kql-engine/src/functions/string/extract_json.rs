//! `extract_json()`

use crate::dynamic::dynamic_text;
use crate::dynamic::json_path;
use crate::dynamic::read;
use crate::functions::conversion;
use crate::functions::kernel;
use crate::registry::{
    ArgumentKind, Call, CallInfo, Eval, Kernel,
    ParameterType::{Is, TypeLiteral},
    ResultName, Returns, ScalarFunction, p, sig,
};
use crate::types::ScalarType::{Dynamic, String};
use crate::value::Value;
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::ColumnarValue;
use std::sync::Arc;

pub static EXTRACT_JSON: ScalarFunction = ScalarFunction {
    name: "extract_json",
    aliases: &["extractjson"],
    signatures: &[
        sig(&[p("jsonPath", Is(String)).kind(ArgumentKind::Constant), p("jsonText", Is(String))], Returns::Is(String)),
        sig(
            &[
                p("jsonPath", Is(String)).kind(ArgumentKind::Constant),
                p("jsonText", Is(String)),
                p("type", TypeLiteral),
            ],
            Returns::Literal(2),
        ),
    ],
    result_name: ResultName::None,
    summary: "The value at a path such as $.a[0].b in JSON text, as a string or converted to a type.",
    page: "extract-json-function",
    eval: Eval::Compiled(compile),
};

fn compile(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    let path = info.text(0).unwrap_or("");
    let Some(steps) = json_path::parse(path) else {
        return plan_err!(
            "'{path}' is not a valid JSON path; it consists of steps such as $.name, $['name'] and $[0]."
        );
    };
    let returns = info.returns;
    Ok(Box::new(move |call: &Call| -> Result<ColumnarValue> {
        let texts = call.strings(1)?;
        let mut compact = std::string::String::new();
        let mut find = |i: usize, out: &mut std::string::String| -> bool {
            compact.clear();
            if !read::strictly_compact(texts.get(i).trim(), &mut compact) {
                return false;
            }
            json_path::find(&compact, &steps).map(|found| out.push_str(found)).is_some()
        };
        if returns == Dynamic {
            let mut found = std::string::String::new();
            return kernel::texts(call.rows, |i, out| {
                found.clear();
                find(i, &mut found) && read::undated(&found, out)
            });
        }
        let mut found = std::string::String::new();
        if returns == String {
            return kernel::strings(call.rows, |i, out| {
                found.clear();
                if find(i, &mut found) {
                    out.push_str(&dynamic_text(&found));
                }
            });
        }
        let mut values = Vec::with_capacity(call.rows);
        for i in 0..call.rows {
            found.clear();
            let value =
                if find(i, &mut found) { conversion::parse(&dynamic_text(&found), returns) } else { Value::Null };
            values.push(value.to_scalar(returns));
        }
        if values.is_empty() {
            return Ok(ColumnarValue::Array(arrow::array::new_empty_array(&returns.arrow())));
        }
        Ok(ColumnarValue::Array(Arc::new(ScalarValue::iter_to_array(values)?)))
    }))
}
