//! `series_fft()`, `series_ifft()`

use super::read::{self, Numbers, Series};
use crate::registry::{
    Call, Eval, OutputColumn, ParameterType::DynamicArray, ResultName, Returns, ScalarFunction, Signature, optional, p,
    sig,
};
use crate::types::ScalarType::Dynamic;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use rustfft::num_complex::Complex;
use rustfft::{FftDirection, FftPlanner};

static SIGNATURES: [Signature; 1] = [sig(
    &[p("series", DynamicArray), optional("series_imaginary", DynamicArray)],
    Returns::Columns(|_| vec![OutputColumn::new("real", Dynamic), OutputColumn::new("imag", Dynamic)]),
)];

pub static FFT: ScalarFunction = ScalarFunction {
    name: "series_fft",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "The Fourier transform of a series, real and imaginary parts.",
    page: "series-fft-function",
    eval: Eval::Kernel(|call| run(call, FftDirection::Forward)),
};

pub static IFFT: ScalarFunction = ScalarFunction {
    name: "series_ifft",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "The inverse Fourier transform of a series, real and imaginary parts.",
    page: "series-ifft-function",
    eval: Eval::Kernel(|call| run(call, FftDirection::Inverse)),
};

fn run(call: &Call, direction: FftDirection) -> Result<ColumnarValue> {
    let imaginary = if call.len() > 1 { Some(call.strings(1)?) } else { None };
    let mut planner = FftPlanner::<f64>::new();
    read::map(call.rows, &call.strings(0)?, |i, series, out| {
        let Some(real) = series.complete() else { return false };
        let imaginary = match &imaginary {
            Some(texts) => Series::parse(texts.get(i)).and_then(|s| s.complete()).filter(|s| s.len() == real.len()),
            None => Some(vec![0.0; real.len()]),
        };
        let Some(imaginary) = imaginary else { return false };
        let mut values: Vec<Complex<f64>> =
            real.iter().zip(&imaginary).map(|(re, im)| Complex::new(*re, *im)).collect();
        let length = values.len();
        let transform = planner.plan_fft(length, direction);
        transform.process(&mut values);
        let scale = if direction == FftDirection::Inverse { 1.0 / length as f64 } else { 1.0 };
        out.push('[');
        read::numbers(values.iter().map(|v| Some(v.re * scale)), Numbers::Real, out);
        out.push(',');
        read::numbers(values.iter().map(|v| Some(v.im * scale)), Numbers::Real, out);
        out.push(']');
        true
    })
}
