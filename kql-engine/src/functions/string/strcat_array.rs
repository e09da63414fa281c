//! `strcat_array()`

use crate::budget::Growing;
use crate::dynamic::dynamic_text;
use crate::dynamic::read::{self, Kind};
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{DynamicArray, Scalar},
    ResultName, Returns, ScalarFunction, p, sig,
};
use crate::types::ScalarType::String;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static STRCAT_ARRAY: ScalarFunction = ScalarFunction {
    name: "strcat_array",
    aliases: &["array_strcat"],
    signatures: &[sig(&[p("array", DynamicArray), p("delimiter", Scalar)], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "Joins the texts of an array's elements with a delimiter; null elements are empty. A value that is \
              not an array is returned as text.",
    page: "strcat-array-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let (arrays, delimiter) = (call.strings(0)?, Arg::new(call, 1)?);
    kernel::strings(call.rows, |i, out| {
        let array = arrays.get(i);
        let mut out = Growing::new(out);
        if read::kind(array) != Kind::Array {
            return out.push(&dynamic_text(array));
        }
        for (n, item) in read::elements(array).enumerate() {
            if n > 0 {
                out.push_with(|out| delimiter.text(i, out))?;
            }
            out.push(&dynamic_text(item))?;
        }
        Ok(())
    })
}
