//! `extract()`

use crate::functions::conversion;
use crate::functions::kernel;
use crate::functions::operators::pattern_of;
use crate::registry::{
    ArgumentKind, Call, CallInfo, Eval, Kernel,
    ParameterType::{Is, TypeLiteral},
    ResultName, Returns, ScalarFunction, p, sig,
};
use crate::types::ScalarType::{Long, String};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::ColumnarValue;
use std::sync::Arc;

pub static EXTRACT: ScalarFunction = ScalarFunction {
    name: "extract",
    aliases: &[],
    signatures: &[
        sig(
            &[
                p("regex", Is(String)).kind(ArgumentKind::Constant),
                p("captureGroup", Is(Long)),
                p("source", Is(String)),
            ],
            Returns::Is(String),
        ),
        sig(
            &[
                p("regex", Is(String)).kind(ArgumentKind::Constant),
                p("captureGroup", Is(Long)),
                p("source", Is(String)),
                p("typeLiteral", TypeLiteral),
            ],
            Returns::Literal(3),
        ),
    ],
    result_name: ResultName::None,
    summary: "The text of a capture group at the first match of a regular expression, as a string or converted to \
              a type.",
    page: "extract-function",
    eval: Eval::Compiled(compile),
};

fn compile(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    let regex = pattern_of(info.text(0).unwrap_or(""))?;
    let returns = info.returns;
    Ok(Box::new(move |call: &Call| -> Result<ColumnarValue> {
        let (group, source) = (call.longs(1)?, call.strings(2)?);
        let mut places = regex.capture_locations();
        let mut find = |i: usize| -> Option<(usize, usize)> {
            let group = usize::try_from(group.get(i)?).ok()?;
            if group == 0 {
                return regex.find(source.get(i)).map(|m| (m.start(), m.end()));
            }
            regex.captures_read(&mut places, source.get(i))?;
            places.get(group)
        };
        if returns == String {
            return kernel::strings(call.rows, |i, out| {
                if let Some((from, to)) = find(i) {
                    out.push_str(source.get(i).get(from..to).unwrap_or(""));
                }
            });
        }
        let values = (0..call.rows).map(|i| {
            let text = find(i).and_then(|(from, to)| source.get(i).get(from..to));
            text.map_or(crate::value::Value::Null, |t| conversion::parse(t, returns)).to_scalar(returns)
        });
        if call.rows == 0 {
            return Ok(ColumnarValue::Array(arrow::array::new_empty_array(&returns.arrow())));
        }
        Ok(ColumnarValue::Array(Arc::new(ScalarValue::iter_to_array(values)?)))
    }))
}
