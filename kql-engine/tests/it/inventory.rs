//! Names, argument counts, result types and result names of the functions against an inventory of Kusto's own, a JSON
//! file whose path stands in `KQL_INVENTORY`. Without that nothing is compared.

use kql_engine::ScalarType;
use kql_engine::registry::{ResultName, Returns, ScalarFunction};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;

/// Where we knowingly differ, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("getyear", "the engine gives a long"),
    ("getmonth", "the engine gives a long"),
    ("monthofyear", "the engine gives a long"),
    ("dayofmonth", "the engine gives a long"),
    ("dayofyear", "the engine gives a long"),
    ("hourofday", "the engine gives a long"),
    ("week_of_year", "the engine gives a long"),
    ("weekofyear", "the engine gives a long"),
    ("datetime_part", "the engine gives a long"),
    ("datepart", "the engine gives a long"),
    ("datetime_diff", "the engine gives a real for weeks"),
    ("ceiling", "the engine gives a real of whole numbers"),
    ("jaccard_index", "the engine gives a real"),
];

#[test]
fn functions_agree_with_the_inventory() {
    let Some(path) = std::env::var_os("KQL_INVENTORY") else {
        // straight to standard error, which the test runner does not hold back
        let _ = writeln!(std::io::stderr(), "skipped: KQL_INVENTORY does not name an inventory of Kusto's functions");
        return;
    };
    let text = std::fs::read_to_string(path).expect("the inventory can be read");
    let inventory: Value = serde_json::from_str(&text).expect("the inventory is JSON");
    let known: BTreeMap<&str, &Value> = inventory["scalar_functions"]
        .as_array()
        .expect("scalar functions are a list")
        .iter()
        .filter_map(|f| Some((f["name"].as_str()?, f)))
        .collect();
    let mut wrong = Vec::new();
    for function in kql_engine::functions::all().filter(|f| !f.is_operator()) {
        for name in std::iter::once(function.name).chain(function.aliases.iter().copied()) {
            if name.ends_with("()") || EXCEPTIONS.iter().any(|(exception, _)| *exception == name) {
                continue;
            }
            match known.get(name) {
                Some(entry) => compare(name, function, entry, &mut wrong),
                None => wrong.push(format!("{name} is not in the inventory")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn compare(name: &str, function: &ScalarFunction, entry: &Value, wrong: &mut Vec<String>) {
    let signatures = entry["signatures"].as_array().expect("a function has signatures");
    let range = |s: &Value| (s["min_args"].as_u64().unwrap_or(0), s["max_args"].as_u64().unwrap_or(0));
    let (theirs_min, theirs_max) =
        signatures.iter().map(range).fold((u64::MAX, 0), |(min, max), (a, b)| (min.min(a), max.max(b)));
    let ours_min = function.signatures.iter().map(|s| s.min() as u64).min().unwrap_or(0);
    let ours_max = function.signatures.iter().map(|s| s.max() as u64).max().unwrap_or(0);
    // groups that repeat end where they would go beyond the limit
    if ours_min != theirs_min || (ours_max != theirs_max && theirs_max < 1000) {
        wrong.push(format!("{name} takes {ours_min} to {ours_max} arguments, not {theirs_min} to {theirs_max}"));
    }
    let theirs: Vec<ScalarType> =
        signatures.iter().filter_map(|s| ScalarType::from_name(s["return_type"].as_str()?)).collect();
    for signature in function.signatures {
        if let Returns::Is(ty) = signature.returns
            && theirs.len() == signatures.len()
            && !theirs.contains(&ty)
        {
            wrong.push(format!("{name} gives {ty}, not {theirs:?}"));
        }
    }
    let rule = match function.result_name {
        ResultName::None | ResultName::Suffix(_) => None,
        ResultName::FirstArgument => Some("FirstArgument"),
        ResultName::OnlyArgument => Some("OnlyArgument"),
        ResultName::NameAndFirstArgument => Some("NameAndFirstArgument"),
        ResultName::Prefix(_) => Some("PrefixAndFirstArgument"),
        ResultName::PrefixOnly(_) => Some("PrefixOnly"),
        other => panic!("{name} is not named as a scalar function can be: {other:?}"),
    };
    if entry["result_name"].as_str() != rule {
        wrong.push(format!("{name} is called by {rule:?}, not {}", entry["result_name"]));
    }
}
