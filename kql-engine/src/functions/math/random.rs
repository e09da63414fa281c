//! `rand()`, `new_guid()`: a different value in every row.

use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, optional, sig};
use crate::types::ScalarType::{Guid, Long, Real};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use std::fmt::Write;

pub static RAND: ScalarFunction = ScalarFunction {
    name: "rand",
    aliases: &[],
    signatures: &[sig(&[optional("number", Is(Long))], Returns::Is(Real))],
    result_name: ResultName::FirstArgument,
    summary: "A random real from 0 to 1, or a random whole number from 0 up to, but not including, the argument.",
    page: "rand-function",
    eval: Eval::PerRow(rand),
};

pub static NEW_GUID: ScalarFunction = ScalarFunction {
    name: "new_guid",
    aliases: &[],
    signatures: &[sig(&[], Returns::Is(Guid))],
    result_name: ResultName::None,
    summary: "A new guid.",
    page: "new-guid-function",
    eval: Eval::PerRow(|call| {
        kernel::texts(call.rows, |_, out| {
            let _ = write!(out, "{}", uuid::Uuid::new_v4().hyphenated());
            true
        })
    }),
};

fn rand(call: &Call) -> Result<ColumnarValue> {
    let below = if call.is_empty() { None } else { Some(call.longs(0)?) };
    kernel::reals(call.rows, |i| {
        // the low 62 bits of a guid are random
        let bits = uuid::Uuid::new_v4().as_u128() as u64 & ((1 << 53) - 1);
        let value = bits as f64 / (1u64 << 53) as f64;
        match &below {
            None => Some(value),
            Some(below) => {
                let below = below.get(i)?;
                Some(if below > 1 { (value * below as f64).floor() } else { value })
            }
        }
    })
}
