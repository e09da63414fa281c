//! `translate()`

use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::String;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use std::collections::HashMap;

pub static TRANSLATE: ScalarFunction = ScalarFunction {
    name: "translate",
    aliases: &[],
    signatures: &[sig(
        &[p("searchList", Is(String)), p("replacementList", Is(String)), p("source", Is(String))],
        Returns::Is(String),
    )],
    result_name: ResultName::None,
    summary: "Replaces each character of one list with the character at its position in another; a shorter second \
              list is extended with its last character, and an empty one removes the characters.",
    page: "translate-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let (search, replacement, source) = (call.strings(0)?, call.strings(1)?, call.strings(2)?);
    // the lists are the same for most rows, and often for all
    let mut last: Option<(&str, &str, Table)> = None;
    kernel::strings(call.rows, |i, out| {
        let (from, to) = (search.get(i), replacement.get(i));
        if last.as_ref().is_none_or(|(f, t, _)| *f != from || *t != to) {
            last = Some((from, to, table(from, to)));
        }
        let Some((.., table)) = &last else { return };
        for c in source.get(i).chars() {
            match table.get(&c) {
                Some(Some(other)) => out.push(*other),
                Some(None) => {}
                None => out.push(c),
            }
        }
    })
}

/// The replacement of each character; `None` removes it.
type Table = HashMap<char, Option<char>>;

fn table(from: &str, to: &str) -> Table {
    let mut targets = to.chars();
    let mut target = None;
    let mut table = HashMap::new();
    for c in from.chars() {
        target = targets.next().or(target);
        // of several equal characters, the first one counts
        table.entry(c).or_insert(target);
    }
    table
}
