//! `has_any_index()`

use crate::dynamic::dynamic_text;
use crate::dynamic::read::{self, Kind};
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{
    Call, CallInfo, Eval, Kernel,
    ParameterType::{DynamicArray, StringOrDynamic},
    ResultName, Returns, ScalarFunction, p, sig,
};
use crate::types::ScalarType::Long;
use datafusion::common::Result;
use kql_scan::text::{Case, Matcher, Mode};

pub static HAS_ANY_INDEX: ScalarFunction = ScalarFunction {
    name: "has_any_index",
    aliases: &[],
    signatures: &[sig(&[p("source", StringOrDynamic), p("values", DynamicArray)], Returns::Is(Long))],
    result_name: ResultName::None,
    summary: "The position, in an array of terms, of the first one that the text has; -1 if it has none.",
    page: "has-any-index-function",
    eval: Eval::Compiled(compile),
};

fn compile(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    let constant = info.text(1).map(matchers);
    Ok(Box::new(move |call: &Call| {
        let (source, values) = (Arg::new(call, 0)?, call.strings(1)?);
        let mut last: Option<(String, Vec<Matcher>)> = None;
        let mut text = String::new();
        kernel::longs(call.rows, |i| {
            text.clear();
            source.text(i, &mut text);
            let array = values.option(i).filter(|a| read::kind(a) == Kind::Array)?;
            let terms = match &constant {
                Some(terms) => terms,
                None => {
                    if last.as_ref().is_none_or(|(a, _)| a != array) {
                        last = Some((array.to_owned(), matchers(array)));
                    }
                    &last.as_ref()?.1
                }
            };
            Some(terms.iter().position(|term| term.is_match(&text)).map_or(-1, |at| at as i64))
        })
    }))
}

fn matchers(array: &str) -> Vec<Matcher> {
    read::elements(array).map(|term| Matcher::new(&[&dynamic_text(term)], Mode::Has, Case::Insensitive)).collect()
}
