//! `treepath()`

use crate::budget::{self, Pace};
use crate::dynamic::read::{self, Kind};
use crate::dynamic::write;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::DynamicBag, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Dynamic;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use std::collections::HashSet;

pub static TREEPATH: ScalarFunction = ScalarFunction {
    name: "treepath",
    aliases: &[],
    signatures: &[sig(&[p("object", DynamicBag)], Returns::Is(Dynamic))],
    result_name: ResultName::Prefix("tree"),
    summary: "An array of the paths to all values inside a bag; all elements of an array share the path [0].",
    page: "treepath-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let bags = call.strings(0)?;
    kernel::texts(call.rows, |i, out| {
        let bag = bags.get(i);
        if !matches!(read::kind(bag), Kind::Bag | Kind::Array) {
            return Ok(false);
        }
        let mut paths = Paths::default();
        walk(bag, &mut String::new(), &mut paths)?;
        write::list_within(paths.order.iter(), out, |path, out| write::string(path, out)).map(|()| true)
    })
}

#[derive(Default)]
struct Paths {
    order: Vec<String>,
    seen: HashSet<String>,
    bytes: usize,
    pace: Pace,
}

/// JSON that is nested deeper than the reader allows is refused before this.
fn walk(value: &str, path: &mut String, paths: &mut Paths) -> Result<()> {
    let length = path.len();
    let mut step = |path: &mut String, inner: &str| -> Result<()> {
        if !paths.seen.contains(path) {
            paths.bytes += path.len();
            budget::value(paths.bytes)?;
            paths.seen.insert(path.clone());
            paths.order.push(path.clone());
        }
        paths.pace.work(path.len())?;
        walk(inner, path, paths)?;
        path.truncate(length);
        Ok(())
    };
    match read::kind(value) {
        Kind::Bag => {
            for (key, inner) in read::properties(value) {
                path.push_str("['");
                path.push_str(&read::unquote(key).unwrap_or_default());
                path.push_str("']");
                step(path, inner)?;
            }
        }
        Kind::Array => {
            for inner in read::elements(value) {
                path.push_str("[0]");
                step(path, inner)?;
            }
        }
        _ => {}
    }
    Ok(())
}
