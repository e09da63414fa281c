//! `beta_cdf()`, `beta_inv()`, `beta_pdf()`: the beta distribution.

use super::special::{incomplete_beta, log_beta};
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Number, ResultName, Returns, ScalarFunction, Signature, p, sig};
use crate::types::ScalarType::Real;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

static OF_X: [Signature; 1] = [sig(&[p("x", Number), p("alpha", Number), p("beta", Number)], Returns::Is(Real))];
static OF_PROBABILITY: [Signature; 1] =
    [sig(&[p("probability", Number), p("alpha", Number), p("beta", Number)], Returns::Is(Real))];

pub static BETA_CDF: ScalarFunction = ScalarFunction {
    name: "beta_cdf",
    aliases: &[],
    signatures: &OF_X,
    result_name: ResultName::None,
    summary: "The probability that a beta-distributed number is at most x.",
    page: "beta-cdf-function",
    eval: Eval::Kernel(|call| run(call, cdf)),
};

pub static BETA_INV: ScalarFunction = ScalarFunction {
    name: "beta_inv",
    aliases: &[],
    signatures: &OF_PROBABILITY,
    result_name: ResultName::None,
    summary: "The x that a beta-distributed number does not exceed with the given probability.",
    page: "beta-inv-function",
    eval: Eval::Kernel(|call| run(call, inverse)),
};

pub static BETA_PDF: ScalarFunction = ScalarFunction {
    name: "beta_pdf",
    aliases: &[],
    signatures: &OF_X,
    result_name: ResultName::None,
    summary: "The density of the beta distribution at x.",
    page: "beta-pdf-function",
    eval: Eval::Kernel(|call| run(call, pdf)),
};

fn run(call: &Call, of: fn(f64, f64, f64) -> f64) -> Result<ColumnarValue> {
    let (x, alpha, beta) = (call.numbers(0)?, call.numbers(1)?, call.numbers(2)?);
    kernel::reals(call.rows, |i| Some(of(x.get(i)?, alpha.get(i)?, beta.get(i)?)))
}

/// Checks the parameters of a distribution; NaN is not positive.
fn positive(alpha: f64, beta: f64) -> bool {
    alpha > 0.0 && beta > 0.0
}

/// Greater parameters are not accepted, as the page of `beta_cdf()` says.
const MAX_PARAMETER: f64 = 10_000.0;

fn cdf(x: f64, alpha: f64, beta: f64) -> f64 {
    if !(0.0..=1.0).contains(&x) || alpha > MAX_PARAMETER || beta > MAX_PARAMETER {
        return f64::NAN;
    }
    // Kusto returns 1 for parameters that are not positive
    if alpha <= 0.0 || beta <= 0.0 {
        return 1.0;
    }
    incomplete_beta(x, alpha, beta)
}

fn pdf(x: f64, alpha: f64, beta: f64) -> f64 {
    if !(0.0..=1.0).contains(&x) || !positive(alpha, beta) {
        return f64::NAN;
    }
    x.powf(alpha - 1.0) * (1.0 - x).powf(beta - 1.0) / log_beta(alpha, beta).exp()
}

/// Bisection, then Newton steps while they stay inside.
fn inverse(probability: f64, alpha: f64, beta: f64) -> f64 {
    if probability <= 0.0 || !(0.0..=1.0).contains(&probability) || !positive(alpha, beta) {
        return f64::NAN;
    }
    if probability == 1.0 {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..1100 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if incomplete_beta(middle, alpha, beta) < probability { low = middle } else { high = middle }
    }
    high
}
