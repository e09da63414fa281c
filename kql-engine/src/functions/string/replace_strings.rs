//! `replace_strings()`: several strings at once; of overlapping matches, the one that comes first in the list counts.

use crate::budget::{Growing, Pace};
use crate::dynamic::read::{self, Kind};
use crate::functions::kernel;
use crate::registry::{
    Call, CallInfo, Eval, Kernel,
    ParameterType::{DynamicArray, Is},
    ResultName, Returns, ScalarFunction, p, sig,
};
use crate::types::ScalarType::String;
use aho_corasick::AhoCorasick;
use datafusion::common::{DataFusionError, Result, exec_err};
use datafusion::logical_expr::ColumnarValue;
use std::collections::BTreeMap;

pub static REPLACE_STRINGS: ScalarFunction = ScalarFunction {
    name: "replace_strings",
    aliases: &[],
    signatures: &[sig(
        &[p("text", Is(String)), p("lookups", DynamicArray), p("rewrites", DynamicArray)],
        Returns::Is(String),
    )],
    result_name: ResultName::None,
    summary: "Replaces every occurrence of the strings in one array with those in another.",
    page: "replace-strings-function",
    eval: Eval::Compiled(compile),
};

fn compile(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    if let (Some(lookups), Some(rewrites)) = (info.text(1), info.text(2)) {
        let table = Table::new(lookups, rewrites)?;
        return Ok(Box::new(move |call: &Call| -> Result<ColumnarValue> {
            let texts = call.strings(0)?;
            kernel::strings(call.rows, |i, out| table.replace(texts.get(i), out))
        }));
    }
    Ok(Box::new(|call: &Call| -> Result<ColumnarValue> {
        let (texts, lookups, rewrites) = (call.strings(0)?, call.strings(1)?, call.strings(2)?);
        // arrays in a column often repeat
        let mut last: Option<(std::string::String, std::string::String, Table)> = None;
        kernel::strings(call.rows, |i, out| {
            let (lookup, rewrite) = (lookups.get(i), rewrites.get(i));
            if last.as_ref().is_none_or(|(l, r, _)| l != lookup || r != rewrite) {
                last = Some((lookup.to_owned(), rewrite.to_owned(), Table::new(lookup, rewrite)?));
            }
            last.as_ref().map_or(Ok(()), |(.., table)| table.replace(texts.get(i), out))
        })
    }))
}

/// The matches of one text that are kept, including those that overlap.
const MOST_MATCHES: usize = 1 << 24;

struct Table {
    automaton: AhoCorasick,
    /// `None` if the element is not a string: the match is kept unchanged.
    rewrites: Vec<Option<std::string::String>>,
}

impl Table {
    fn new(lookups: &str, rewrites: &str) -> Result<Table> {
        let text = |item: &str| {
            (read::kind(item) == Kind::String).then(|| read::unquote(item).map(|t| t.into_owned())).flatten()
        };
        let mut rewrites = read::elements(rewrites).map(text);
        let mut words = Vec::new();
        let mut kept = Vec::new();
        for item in read::elements(lookups) {
            let rewrite = rewrites.next().flatten();
            if let Some(word) = text(item).filter(|w| !w.is_empty()) {
                words.push(word);
                kept.push(rewrite);
            }
        }
        let automaton = AhoCorasick::new(&words).map_err(|error| DataFusionError::External(Box::new(error)))?;
        Ok(Table { automaton, rewrites: kept })
    }

    fn replace(&self, text: &str, out: &mut std::string::String) -> Result<()> {
        let mut pace = Pace::default();
        let mut found: Vec<(usize, usize, usize)> = Vec::new();
        for m in self.automaton.find_overlapping_iter(text) {
            if found.len() == MOST_MATCHES {
                return exec_err!("replace_strings() found more than {MOST_MATCHES} matches in one text.");
            }
            found.push((m.pattern().as_usize(), m.start(), m.end()));
            pace.work(size_of::<(usize, usize, usize)>())?;
        }
        // a word takes its matches before the words after it in the list
        found.sort_unstable();
        let mut taken: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        for (word, start, end) in found {
            pace.work(size_of::<(usize, usize, usize)>())?;
            if taken.range(..end).next_back().is_none_or(|(_, (_, last))| *last <= start) {
                taken.insert(start, (word, end));
            }
        }
        let mut out = Growing::new(out);
        let mut rest = 0;
        for (start, (word, end)) in taken {
            if let Some(Some(rewrite)) = self.rewrites.get(word) {
                out.push(text.get(rest..start).unwrap_or(""))?;
                out.push(rewrite)?;
                rest = end;
            }
        }
        out.push(text.get(rest..).unwrap_or(""))
    }
}
