//! `array_shift_left()`, `array_shift_right()`, `array_rotate_left()`, `array_rotate_right()`, `array_reverse()`

use crate::dynamic::read::{self, Kind};
use crate::dynamic::write;
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{DynamicArray, Is, Scalar},
    ResultName, Returns, ScalarFunction, Signature, optional, p, sig,
};
use crate::types::ScalarType::{Dynamic, Long};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

static SHIFT: [Signature; 1] = [sig(
    &[p("array", DynamicArray), p("shift_count", Is(Long)), optional("default_value", Scalar)],
    Returns::Is(Dynamic),
)];
static ROTATE: [Signature; 1] = [sig(&[p("array", DynamicArray), p("rotate_count", Is(Long))], Returns::Is(Dynamic))];

macro_rules! array_move {
    ($row:ident, $name:literal, $signatures:ident, $page:literal, $summary:literal, $run:expr) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &$signatures,
            result_name: ResultName::None,
            summary: $summary,
            page: $page,
            eval: Eval::Kernel($run),
        };
    };
}

array_move!(
    ARRAY_SHIFT_LEFT,
    "array_shift_left",
    SHIFT,
    "array-shift-left-function",
    "Shifts the elements of an array to the left; the gap at the end is filled with a value.",
    |call| shift(call, 1)
);
array_move!(
    ARRAY_SHIFT_RIGHT,
    "array_shift_right",
    SHIFT,
    "array-shift-right-function",
    "Shifts the elements of an array to the right; the gap at the front is filled with a value.",
    |call| shift(call, -1)
);
array_move!(
    ARRAY_ROTATE_LEFT,
    "array_rotate_left",
    ROTATE,
    "array-rotate-left-function",
    "Rotates the elements of an array to the left; elements that leave at the front come back at the end.",
    |call| rotate(call, 1)
);
array_move!(
    ARRAY_ROTATE_RIGHT,
    "array_rotate_right",
    ROTATE,
    "array-rotate-right-function",
    "Rotates the elements of an array to the right; elements that leave at the end come back at the front.",
    |call| rotate(call, -1)
);

pub static ARRAY_REVERSE: ScalarFunction = ScalarFunction {
    name: "array_reverse",
    aliases: &[],
    signatures: &[sig(&[p("value", DynamicArray)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "The array with its elements in reverse order.",
    page: "array-reverse-function",
    eval: Eval::Kernel(|call| {
        let arrays = call.strings(0)?;
        kernel::texts(call.rows, |i, out| match read::array(arrays.get(i)) {
            Some(items) => {
                write::array(items.into_iter().rev(), out);
                true
            }
            None => false,
        })
    }),
};

fn shift(call: &Call, direction: i64) -> Result<ColumnarValue> {
    let (arrays, count) = (call.strings(0)?, call.longs(1)?);
    let filler = if call.len() > 2 { Some(Arg::new(call, 2)?) } else { None };
    let mut text = String::new();
    kernel::texts(call.rows, |i, out| {
        let (Some(items), Some(count)) = (read::array(arrays.get(i)), count.get(i)) else { return Ok(false) };
        text.clear();
        if !filler.as_ref().is_some_and(|f| f.json(i, &mut text)) {
            // an array of strings is filled up with empty strings
            let strings = filler.is_none() && items.iter().all(|item| read::kind(item) == Kind::String);
            text.push_str(if strings { "\"\"" } else { "null" });
        }
        let by = count.saturating_mul(direction);
        let shifted = write::array_within(
            (0..items.len() as i64).map(|n| {
                let from = n.saturating_add(by);
                usize::try_from(from).ok().and_then(|at| items.get(at)).copied().unwrap_or(&text)
            }),
            out,
        );
        shifted.map(|()| true)
    })
}

fn rotate(call: &Call, direction: i64) -> Result<ColumnarValue> {
    let (arrays, count) = (call.strings(0)?, call.longs(1)?);
    kernel::texts(call.rows, |i, out| {
        let (Some(mut items), Some(count)) = (read::array(arrays.get(i)), count.get(i)) else { return false };
        if !items.is_empty() {
            let by = (count % items.len() as i64 * direction).rem_euclid(items.len() as i64);
            items.rotate_left(usize::try_from(by).unwrap_or(0));
        }
        write::array(items, out);
        true
    })
}
