//! `binary_and()` and similar functions, over longs.

use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, Signature, p, sig};
use crate::types::ScalarType::Long;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

static ONE: [Signature; 1] = [sig(&[p("value", Is(Long))], Returns::Is(Long))];
static TWO: [Signature; 1] = [sig(&[p("value1", Is(Long)), p("value2", Is(Long))], Returns::Is(Long))];
static SHIFT: [Signature; 1] = [sig(&[p("value", Is(Long)), p("shift", Is(Long))], Returns::Is(Long))];

macro_rules! bitwise {
    ($row:ident, $name:literal, $signatures:ident, $page:literal, $summary:literal, $run:expr) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &$signatures,
            result_name: ResultName::FirstArgument,
            summary: $summary,
            page: $page,
            eval: Eval::Kernel($run),
        };
    };
}

bitwise!(BINARY_AND, "binary_and", TWO, "binary-and-function", "The bits that both numbers have.", |call| {
    two(call, |a, b| Some(a & b))
});
bitwise!(BINARY_OR, "binary_or", TWO, "binary-or-function", "The bits that either number has.", |call| {
    two(call, |a, b| Some(a | b))
});
bitwise!(
    BINARY_XOR,
    "binary_xor",
    TWO,
    "binary-xor-function",
    "The bits that exactly one of the two numbers has.",
    |call| { two(call, |a, b| Some(a ^ b)) }
);
bitwise!(BINARY_NOT, "binary_not", ONE, "binary-not-function", "The bits that the number does not have.", |call| {
    one(call, |a| !a)
});
bitwise!(
    BINARY_SHIFT_LEFT,
    "binary_shift_left",
    SHIFT,
    "binary-shift-left-function",
    "Shifts the bits left by a number of places, modulo 64; null if the number of places is negative.",
    |call| two(call, |a, b| Some(a.wrapping_shl(u32::try_from(b).ok()? % 64)))
);
bitwise!(
    BINARY_SHIFT_RIGHT,
    "binary_shift_right",
    SHIFT,
    "binary-shift-right-function",
    "Shifts the bits right by a number of places, modulo 64, and keeps the sign; null if the number of places is negative.",
    |call| two(call, |a, b| Some(a.wrapping_shr(u32::try_from(b).ok()? % 64)))
);
bitwise!(BITSET_COUNT_ONES, "bitset_count_ones", ONE, "bitset-count-ones-function", "How many bits are set.", |call| {
    one(call, |a| i64::from(a.count_ones()))
});

fn one(call: &Call, of: fn(i64) -> i64) -> Result<ColumnarValue> {
    let value = call.longs(0)?;
    kernel::longs(call.rows, |i| value.get(i).map(of))
}

fn two(call: &Call, of: fn(i64, i64) -> Option<i64>) -> Result<ColumnarValue> {
    let (a, b) = (call.longs(0)?, call.longs(1)?);
    kernel::longs(call.rows, |i| of(a.get(i)?, b.get(i)?))
}
