//! `parse_csv()`

use crate::dynamic::write;
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::StringOrDynamic, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Dynamic;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static PARSE_CSV: ScalarFunction = ScalarFunction {
    name: "parse_csv",
    aliases: &[],
    signatures: &[sig(&[p("csv_text", StringOrDynamic)], Returns::Is(Dynamic))],
    result_name: ResultName::FirstArgument,
    summary: "An array of the fields of one record of comma-separated values; further records are ignored.",
    page: "parse-csv-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    let mut text = String::new();
    let mut record = csv::StringRecord::new();
    kernel::texts(call.rows, |i, out| {
        text.clear();
        value.text(i, &mut text);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let found = reader.read_record(&mut record).unwrap_or(false);
        out.push('[');
        if found {
            write::commas(record.iter(), out, write::string);
        } else {
            // a text without a record is one empty field
            write::string("", out);
        }
        out.push(']');
        true
    })
}
