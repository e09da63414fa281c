//! Names of columns that a query does not give: those that Microsoft's binder makes up, over operators, functions and
//! aggregates. Each line of `result_names.tsv` is a query and the names of its columns; `*` stands for all columns of T.

use kql_engine::Engine;
use kql_engine::Profile;
use kql_engine::{Column, ScalarType, TableSchema};

const RECORDED: &str = include_str!("result_names.tsv");

const T: &[(&str, ScalarType)] = &[
    ("a", ScalarType::Int),
    ("b", ScalarType::Long),
    ("r", ScalarType::Real),
    ("m", ScalarType::Decimal),
    ("s", ScalarType::String),
    ("d", ScalarType::Datetime),
    ("t", ScalarType::Timespan),
    ("g", ScalarType::Guid),
    ("y", ScalarType::Dynamic),
    ("o", ScalarType::Bool),
];
const U: &[(&str, ScalarType)] = &[("a", ScalarType::String), ("b", ScalarType::Long), ("z", ScalarType::Real)];
const V: &[(&str, ScalarType)] = &[("a", ScalarType::Int), ("a_int", ScalarType::Long)];

/// Queries whose names the engine was recorded to make otherwise than the binder says: the engine counts.
const ENGINE_DECIDES: &[(&str, &str)] = &[
    ("T | summarize covariance(a, b)", "covariance_a_b"),
    ("T | summarize covariancepif(a, b, o)", "covariancepif_a_b"),
    ("T | extend pow(r, 2) | project-away a, b, r, m, s, d, t, g, y, o", "Column1"),
    ("T | project exp10(r)", "Column1"),
];

fn engine() -> Engine {
    let mut builder = Engine::builder().profile(Profile::Bare);
    for (name, columns) in [("T", T), ("U", U), ("V", V)] {
        let columns = columns.iter().map(|(name, ty)| Column::new(*name, *ty)).collect();
        builder = builder.schema(name, TableSchema { columns });
    }
    builder.build().expect("an engine without data")
}

fn names(engine: &Engine, query: &str) -> Result<Vec<String>, String> {
    let checked = engine.check(query);
    if let Some(error) = checked.diagnostics.iter().find(|d| d.is_error()) {
        return Err(format!("{} {}", error.code, error.message));
    }
    Ok(checked.columns.unwrap_or_default().into_iter().map(|c| c.name).collect())
}

#[test]
fn names_are_made_up_as_recorded() {
    let engine = engine();
    let mut wrong = Vec::new();
    for line in RECORDED.lines() {
        let (query, columns) = line.split_once('\t').expect("a query and names");
        let wanted: Vec<String> = columns
            .split('\t')
            .flat_map(|name| match name {
                "*" => T.iter().map(|(name, _)| (*name).to_owned()).collect(),
                name => vec![name.to_owned()],
            })
            .collect();
        let got = names(&engine, query);
        if got.as_ref() != Ok(&wanted) {
            wrong.push(format!("{query}\n  {got:?}\n  {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), RECORDED.lines().count(), wrong.join("\n"));
}

#[test]
fn names_that_the_engine_was_recorded_to_make() {
    let engine = engine();
    for (query, name) in ENGINE_DECIDES {
        assert_eq!(names(&engine, query), Ok(vec![(*name).to_owned()]), "{query}");
    }
}
