//! `array_iff()`

use crate::dynamic::read::{self, Kind};
use crate::dynamic::write;
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{DynamicArray, Scalar},
    ResultName, Returns, ScalarFunction, p, sig,
};
use crate::types::ScalarType::Dynamic;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static ARRAY_IFF: ScalarFunction = ScalarFunction {
    name: "array_iff",
    aliases: &["array_iif"],
    signatures: &[sig(
        &[p("condition_array", DynamicArray), p("when_true", Scalar), p("when_false", Scalar)],
        Returns::Is(Dynamic),
    )],
    result_name: ResultName::None,
    summary: "For each condition in an array, the element at its position in the second or the third argument; an \
              argument that is not an array is used as it is.",
    page: "array-iff-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let (conditions, yes, no) = (call.strings(0)?, Arg::new(call, 1)?, Arg::new(call, 2)?);
    let (mut yes_text, mut no_text) = (String::new(), String::new());
    kernel::texts(call.rows, |i, out| {
        let Some(conditions) = read::array(conditions.get(i)) else { return Ok(false) };
        yes_text.clear();
        no_text.clear();
        if !yes.json(i, &mut yes_text) {
            yes_text.push_str("null");
        }
        if !no.json(i, &mut no_text) {
            no_text.push_str("null");
        }
        let (yes, no) = (Choice::new(&yes_text), Choice::new(&no_text));
        let chosen = write::array_within(
            conditions.iter().enumerate().map(|(n, condition)| match truth(condition) {
                Some(true) => yes.get(n),
                Some(false) => no.get(n),
                None => "null",
            }),
            out,
        );
        chosen.map(|()| true)
    })
}

/// A bool, or a number (0 is false).
fn truth(condition: &str) -> Option<bool> {
    match read::kind(condition) {
        Kind::Bool => Some(condition == "true"),
        Kind::Long | Kind::Real => condition.parse::<f64>().ok().map(|v| v != 0.0),
        _ => None,
    }
}

enum Choice<'a> {
    Each(Vec<&'a str>),
    All(&'a str),
}

impl<'a> Choice<'a> {
    fn new(text: &'a str) -> Choice<'a> {
        read::array(text).map_or(Choice::All(text), Choice::Each)
    }

    fn get(&self, n: usize) -> &'a str {
        match self {
            Choice::Each(items) => items.get(n).copied().unwrap_or("null"),
            Choice::All(item) => item,
        }
    }
}
