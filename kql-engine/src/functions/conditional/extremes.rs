//! `max_of()`, `min_of()`: nulls are ignored, and NaN beats every number, as in `max()` and `min()`.

use crate::functions::kernel;
use crate::registry::{
    Call, Eval, ParameterType::CommonOrderable, ResultName, Returns, ScalarFunction, Signature, p, repeated, sig,
};
use crate::types::ScalarType::{Bool, Decimal, Int, Real, String};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

static SIGNATURES: [Signature; 1] =
    [sig(&[p("arg", CommonOrderable), repeated("arg", CommonOrderable, 63)], Returns::Common)];

pub static MAX_OF: ScalarFunction = ScalarFunction {
    name: "max_of",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "The greatest of the arguments that are not null.",
    page: "max-of-function",
    eval: Eval::Kernel(|call| run(call, Extreme::Greatest)),
};

pub static MIN_OF: ScalarFunction = ScalarFunction {
    name: "min_of",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "The least of the arguments that are not null.",
    page: "min-of-function",
    eval: Eval::Kernel(|call| run(call, Extreme::Least)),
};

/// Which of its arguments the function returns.
#[derive(Clone, Copy, PartialEq)]
enum Extreme {
    Greatest,
    Least,
}

fn run(call: &Call, extreme: Extreme) -> Result<ColumnarValue> {
    let max = extreme == Extreme::Greatest;
    macro_rules! pick {
        ($read:ident, $make:ident) => {{
            let args = (0..call.len()).map(|n| call.$read(n)).collect::<Result<Vec<_>>>()?;
            kernel::$make(call.rows, |i| {
                args.iter().filter_map(|a| a.get(i)).reduce(|a, b| if (b > a) == max && b != a { b } else { a })
            })
        }};
    }
    match call.returns {
        Int => pick!(ints, ints),
        Bool => pick!(bools, bools),
        String => {
            let args = (0..call.len()).map(|n| call.strings(n)).collect::<Result<Vec<_>>>()?;
            kernel::strings(call.rows, |i, out| {
                let texts = args.iter().map(|a| a.get(i));
                out.push_str(if max { texts.max() } else { texts.min() }.unwrap_or(""));
            })
        }
        Real => {
            let args = (0..call.len()).map(|n| call.reals(n)).collect::<Result<Vec<_>>>()?;
            kernel::reals(call.rows, |i| {
                let better = |a: f64, b: f64| b.is_nan() || if max { b > a } else { b < a };
                args.iter().filter_map(|a| a.get(i)).reduce(|a, b| if !a.is_nan() && better(a, b) { b } else { a })
            })
        }
        Decimal => pick!(decimals, decimals),
        _ => pick!(longs, longs),
    }
}
