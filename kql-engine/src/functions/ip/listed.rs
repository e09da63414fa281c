//! Texts compared with a list: a constant list is compiled once, a list in a column when it changes.

use crate::dynamic::{dynamic_text, read};
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{Call, CallInfo, Kernel};
use crate::types::ScalarType::Dynamic;
use datafusion::common::Result;
use std::borrow::Cow;

/// The kernel of a function whose first argument is a text, and whose other arguments are the items or an array of them.
pub fn compile<L: Send + Sync + 'static>(
    info: &CallInfo,
    prepare: impl Fn(&[Cow<str>]) -> L + Send + Sync + 'static,
    test: impl Fn(&L, &str) -> Option<bool> + Send + Sync + 'static,
) -> Box<dyn Kernel> {
    let array = info.types.get(1) == Some(&Dynamic);
    let prepare = move |texts: &[&str]| prepare(&items(texts, array));
    let constants: Option<Vec<&str>> = (1..info.types.len()).map(|n| info.text(n)).collect();
    let constant = constants.map(|texts| prepare(&texts));
    Box::new(move |call: &Call| {
        let source = Arg::new(call, 0)?;
        let columns = (1..call.len()).map(|n| call.strings(n)).collect::<Result<Vec<_>>>()?;
        // lists in a column often repeat
        let mut last: Option<(Vec<&str>, L)> = None;
        let mut text = String::new();
        kernel::bools(call.rows, |i| {
            text.clear();
            source.text(i, &mut text);
            if let Some(list) = &constant {
                return test(list, &text);
            }
            let texts: Vec<&str> = columns.iter().map(|c| c.get(i)).collect();
            if last.as_ref().is_none_or(|(l, _)| *l != texts) {
                let list = prepare(&texts);
                last = Some((texts, list));
            }
            last.as_ref().and_then(|(_, list)| test(list, &text))
        })
    })
}

fn items<'t>(texts: &[&'t str], array: bool) -> Vec<Cow<'t, str>> {
    if array {
        return texts.iter().flat_map(|text| read::elements(text)).map(dynamic_text).collect();
    }
    texts.iter().map(|text| Cow::Borrowed(*text)).collect()
}
