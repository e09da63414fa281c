//! Functions of one number that return a real: roots, exponentials, logarithms, angles.

use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Number, ResultName, Returns, ScalarFunction, Signature, p, sig};
use crate::types::ScalarType::Real;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

static NUMBER: [Signature; 1] = [sig(&[p("number", Number)], Returns::Is(Real))];
static RADIANS_IN: [Signature; 1] = [sig(&[p("radians", Number)], Returns::Is(Real))];
static DEGREES_IN: [Signature; 1] = [sig(&[p("degrees", Number)], Returns::Is(Real))];

macro_rules! elementary {
    ($row:ident, $name:literal, $signatures:ident, $name_rule:ident, $page:literal, $summary:literal, $of:expr) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &$signatures,
            result_name: ResultName::$name_rule,
            summary: $summary,
            page: $page,
            eval: Eval::Kernel(|call| run(call, $of)),
        };
    };
}

elementary!(SQRT, "sqrt", NUMBER, FirstArgument, "sqrt-function", "The square root; NaN of a negative number.", |x| {
    Some(x.sqrt())
});
elementary!(EXP, "exp", NUMBER, FirstArgument, "exp-function", "e to the power of the number.", |x| Some(x.exp()));
elementary!(EXP2, "exp2", NUMBER, FirstArgument, "exp2-function", "2 to the power of the number.", |x| {
    Some(2f64.powf(x))
});
elementary!(EXP10, "exp10", NUMBER, None, "exp10-function", "10 to the power of the number.", |x| {
    Some(10f64.powf(x))
});
elementary!(
    LOG,
    "log",
    NUMBER,
    FirstArgument,
    "log-function",
    "The natural logarithm; null of a negative number.",
    |x| if x < 0.0 { None } else { Some(x.ln()) }
);
elementary!(
    LOG2,
    "log2",
    NUMBER,
    FirstArgument,
    "log2-function",
    "The logarithm to base 2; null of a negative number.",
    |x| if x < 0.0 { None } else { Some(x.log2()) }
);
elementary!(
    LOG10,
    "log10",
    NUMBER,
    FirstArgument,
    "log10-function",
    "The logarithm to base 10; null of a negative number.",
    |x| if x < 0.0 { None } else { Some(x.log10()) }
);
elementary!(SIN, "sin", NUMBER, FirstArgument, "sin-function", "The sine of an angle in radians.", |x| Some(x.sin()));
elementary!(COS, "cos", NUMBER, FirstArgument, "cos-function", "The cosine of an angle in radians.", |x| Some(x.cos()));
elementary!(TAN, "tan", NUMBER, FirstArgument, "tan-function", "The tangent of an angle in radians.", |x| {
    Some(x.tan())
});
elementary!(ASIN, "asin", NUMBER, FirstArgument, "asin-function", "The angle whose sine the number is.", |x| {
    Some(x.asin())
});
elementary!(ACOS, "acos", NUMBER, FirstArgument, "acos-function", "The angle whose cosine the number is.", |x| {
    Some(x.acos())
});
elementary!(ATAN, "atan", NUMBER, FirstArgument, "atan-function", "The angle whose tangent the number is.", |x| {
    Some(x.atan())
});
elementary!(COT, "cot", NUMBER, None, "cot-function", "The cotangent of an angle in radians.", |x| Some(1.0 / x.tan()));
elementary!(DEGREES, "degrees", RADIANS_IN, None, "degrees-function", "An angle in radians, in degrees.", |x| Some(
    180.0 / std::f64::consts::PI * x
));
elementary!(RADIANS, "radians", DEGREES_IN, None, "radians-function", "An angle in degrees, in radians.", |x| Some(
    std::f64::consts::PI / 180.0 * x
));
elementary!(SIGN, "sign", NUMBER, None, "sign-function", "1, 0 or -1 by the sign of the number; 0 of NaN.", |x| {
    Some(if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        0.0
    })
});
elementary!(GAMMA, "gamma", NUMBER, FirstArgument, "gamma-function", "The gamma function.", |x| Some(libm::tgamma(x)));
elementary!(
    LOGGAMMA,
    "loggamma",
    NUMBER,
    FirstArgument,
    "log-gamma-function",
    "The logarithm of the magnitude of the gamma function.",
    |x| Some(libm::lgamma(x))
);
elementary!(ERF, "erf", NUMBER, FirstArgument, "erf-function", "The error function.", |x| Some(libm::erf(x)));
elementary!(ERFC, "erfc", NUMBER, FirstArgument, "erfc-function", "The complement of the error function.", |x| {
    Some(libm::erfc(x))
});

fn run(call: &Call, of: fn(f64) -> Option<f64>) -> Result<ColumnarValue> {
    let number = call.numbers(0)?;
    kernel::reals(call.rows, |i| of(number.get(i)?))
}
