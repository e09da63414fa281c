//! `welch_test()`

use super::special::student_two_tailed;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Number, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Real;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static WELCH_TEST: ScalarFunction = ScalarFunction {
    name: "welch_test",
    aliases: &[],
    signatures: &[sig(
        &[
            p("mean1", Number),
            p("variance1", Number),
            p("count1", Number),
            p("mean2", Number),
            p("variance2", Number),
            p("count2", Number),
        ],
        Returns::Is(Real),
    )],
    result_name: ResultName::None,
    summary: "The p-value of Welch's t-test of two samples, given by mean, variance and count.",
    page: "welch-test-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let args = (0..6).map(|n| call.numbers(n)).collect::<Result<Vec<_>>>()?;
    kernel::reals(call.rows, |i| {
        let values: Vec<f64> = args.iter().map(|a| a.get(i)).collect::<Option<_>>()?;
        let [mean1, variance1, count1, mean2, variance2, count2] = values[..] else { return None };
        let (a, b) = (variance1 / count1, variance2 / count2);
        let t = (mean1 - mean2) / (a + b).sqrt();
        let freedom = (a + b).powi(2) / (a * a / (count1 - 1.0) + b * b / (count2 - 1.0));
        Some(student_two_tailed(t, freedom))
    })
}
