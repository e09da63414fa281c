//! `extract_all()`

use crate::budget::{self, Pace};
use crate::dynamic::read::{self, Kind};
use crate::dynamic::write;
use crate::functions::kernel;
use crate::functions::operators::pattern_of;
use crate::registry::{
    ArgumentKind, Call, CallInfo, Eval, Kernel,
    ParameterType::{DynamicArray, Is},
    ResultName, Returns, ScalarFunction, p, sig,
};
use crate::types::ScalarType::{Dynamic, String};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::ColumnarValue;
use regex::Regex;

const MOST_GROUPS: usize = 16;

pub static EXTRACT_ALL: ScalarFunction = ScalarFunction {
    name: "extract_all",
    aliases: &["extractall"],
    signatures: &[
        sig(&[p("regex", Is(String)).kind(ArgumentKind::Constant), p("source", Is(String))], Returns::Is(Dynamic)),
        sig(
            &[
                p("regex", Is(String)).kind(ArgumentKind::Constant),
                p("captureGroups", DynamicArray),
                p("source", Is(String)),
            ],
            Returns::Is(Dynamic),
        ),
    ],
    result_name: ResultName::None,
    summary: "The text of the capture groups for every match of a regular expression; null if nothing matches.",
    page: "extract-all-function",
    eval: Eval::Compiled(compile),
};

fn compile(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    let pattern = info.text(0).unwrap_or("");
    let regex = pattern_of(pattern)?;
    if regex.captures_len() < 2 {
        return plan_err!(
            "The regular expression '{pattern}' of extract_all() has no capture group; put parentheses around \
             the part to extract."
        );
    }
    if regex.captures_len() > MOST_GROUPS + 1 {
        return plan_err!(
            "The regular expression '{pattern}' of extract_all() has more than {MOST_GROUPS} capture groups."
        );
    }
    let source = info.types.len() - 1;
    let chosen = match (source, info.text(1)) {
        (1, _) => Some((1..regex.captures_len()).collect()),
        (_, Some(groups)) => Some(chosen(&regex, groups)?),
        // an array that differs between rows
        (_, None) => None,
    };
    Ok(Box::new(move |call: &Call| -> Result<ColumnarValue> {
        let texts = call.strings(source)?;
        if let Some(chosen) = &chosen {
            return kernel::texts(call.rows, |i, out| extract(&regex, chosen, texts.get(i), out));
        }
        let groups = call.strings(1)?;
        kernel::texts(call.rows, |i, out| match chosen_of(&regex, groups.get(i)) {
            Some(chosen) => extract(&regex, &chosen, texts.get(i), out),
            None => Ok(false),
        })
    }))
}

/// The numbers of the groups that an array lists, by number or name. Numbers without a group are ignored; if
/// none is left, all groups count.
fn chosen(regex: &Regex, groups: &str) -> Result<Vec<usize>> {
    match chosen_of(regex, groups) {
        Some(chosen) => Ok(chosen),
        None => plan_err!(
            "{groups} refers to a capture group that the regular expression '{}' does not have.",
            regex.as_str()
        ),
    }
}

fn chosen_of(regex: &Regex, groups: &str) -> Option<Vec<usize>> {
    let mut chosen = Vec::new();
    for group in read::elements(groups) {
        match read::kind(group) {
            Kind::Long => chosen.extend(group.parse::<usize>().ok().filter(|n| *n < regex.captures_len())),
            Kind::String => {
                let name = read::unquote(group)?;
                chosen.push(regex.capture_names().position(|n| n == Some(name.as_ref()))?);
            }
            _ => return None,
        }
    }
    if chosen.is_empty() {
        chosen.extend(1..regex.captures_len());
    }
    Some(chosen)
}

fn extract(regex: &Regex, chosen: &[usize], text: &str, out: &mut std::string::String) -> Result<bool> {
    let mut pace = Pace::default();
    out.push('[');
    let mut count = 0;
    for groups in regex.captures_iter(text) {
        if count > 0 {
            out.push(',');
        }
        count += 1;
        // a single group is not put in an array
        let many = chosen.len() != 1;
        if many {
            out.push('[');
        }
        write::commas(chosen, out, |group, out| write::string(groups.get(*group).map_or("", |g| g.as_str()), out));
        if many {
            out.push(']');
        }
        budget::value(out.len())?;
        pace.work(groups.get(0).map_or(0, |found| found.len()) + 1)?;
    }
    out.push(']');
    Ok(count > 0)
}
