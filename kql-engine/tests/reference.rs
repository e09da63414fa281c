//! The pages of `docs/reference` are made from the registry; this says whether they are current. `KQL_BLESS=1` writes
//! them.

use kql_engine::registry::{AggregateFunction, Parameter, ParameterType, Returns, ScalarFunction, Signature};
use std::fmt::Write;
use std::path::Path;

#[path = "coverage/mod.rs"]
mod coverage;

const SITE: &str = "https://learn.microsoft.com/kusto/query/";

#[test]
fn the_reference_is_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference");
    let pages = [
        ("functions.md", functions()),
        ("operators.md", operators()),
        ("aggregates.md", aggregates()),
        ("coverage.md", coverage::page()),
    ];
    for (name, text) in pages {
        let path = folder.join(name);
        if std::env::var_os("KQL_BLESS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let have = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(have == text, "docs/reference/{name} is not current: KQL_BLESS=1 cargo test --test reference");
    }
}

#[test]
fn every_row_says_what_it_is() {
    let mut names = std::collections::BTreeSet::new();
    for f in kql_engine::functions::all() {
        assert!(f.summary.ends_with('.'), "{} has no sentence", f.name);
        assert!(!f.signatures.is_empty(), "{} has no signature", f.name);
        assert!(names.insert(f.name), "{} is there twice", f.name);
        for alias in f.aliases {
            assert!(names.insert(alias), "{alias} is there twice");
        }
    }
    for f in kql_engine::registry::aggregates() {
        assert!(f.summary.ends_with('.'), "{} has no sentence", f.name);
    }
}

fn functions() -> String {
    let mut out = "# Scalar functions\n\nMade from the registry; do not edit.\n".to_owned();
    let mut all: Vec<&ScalarFunction> =
        kql_engine::functions::all().filter(|f| !f.is_operator() && !f.name.ends_with("()")).collect();
    all.sort_by_key(|f| f.name);
    for f in all {
        section(&mut out, f.name, f.aliases, f.signatures, f.summary, f.page);
    }
    out
}

fn aggregates() -> String {
    let mut out = "# Aggregation functions\n\nMade from the registry; do not edit.\n".to_owned();
    let mut all: Vec<&AggregateFunction> = kql_engine::registry::aggregates().collect();
    all.sort_by_key(|f| f.name);
    for f in all {
        section(&mut out, f.name, f.aliases, f.signatures, f.summary, f.page);
    }
    out
}

fn operators() -> String {
    let mut out =
        "# Scalar operators\n\nMade from the registry; do not edit.\n\n| operator | meaning |\n| --- | --- |\n"
            .to_owned();
    for f in kql_engine::functions::all().filter(|f| f.is_operator() && !f.name.ends_with("()")) {
        let page = f.page.trim_start_matches("operator:");
        let _ = writeln!(out, "| [`{}`]({SITE}{page}) | {} |", f.name, f.summary);
    }
    out
}

fn section(out: &mut String, name: &str, aliases: &[&str], signatures: &[Signature], summary: &str, page: &str) {
    let _ = write!(out, "\n## {name}\n\n{summary} [Kusto's page]({SITE}{page})\n");
    if !aliases.is_empty() {
        let _ =
            write!(out, "\nAlso called: {}\n", aliases.iter().map(|a| format!("`{a}`")).collect::<Vec<_>>().join(", "));
    }
    out.push_str("\n```\n");
    for signature in signatures {
        let parameters: Vec<String> = signature.parameters.iter().map(parameter).collect();
        let _ = writeln!(out, "{name}({}) -> {}", parameters.join(", "), returns(signature.returns));
    }
    out.push_str("```\n");
}

fn parameter(p: &Parameter) -> String {
    let ty = match p.ty {
        ParameterType::Is(ty) => ty.name().to_owned(),
        ParameterType::OneOf(all) => all.iter().map(|t| t.name()).collect::<Vec<_>>().join(" or "),
        ParameterType::Scalar => "scalar".to_owned(),
        ParameterType::Number => "number".to_owned(),
        ParameterType::Integer => "int or long".to_owned(),
        ParameterType::NumberOrBool => "number or bool".to_owned(),
        ParameterType::Summable => "number, datetime or timespan".to_owned(),
        ParameterType::Orderable | ParameterType::CommonOrderable => "anything but dynamic and guid".to_owned(),
        ParameterType::NotBool => "anything but bool".to_owned(),
        ParameterType::NotDynamic => "anything but dynamic".to_owned(),
        ParameterType::StringOrDynamic => "string or dynamic".to_owned(),
        ParameterType::DynamicArray => "dynamic array".to_owned(),
        ParameterType::DynamicBag => "dynamic bag".to_owned(),
        ParameterType::CommonScalar | ParameterType::CommonScalarOrDynamic => "scalar of a common type".to_owned(),
        ParameterType::TypeLiteral => "typeof()".to_owned(),
    };
    let text = format!("{}: {ty}", p.name);
    let text = if p.max > 1 { format!("{text}, ...") } else { text };
    if p.optional { format!("[{text}]") } else { text }
}

fn returns(returns: Returns) -> String {
    match returns {
        Returns::Is(ty) => ty.name().to_owned(),
        Returns::Parameter(n) | Returns::Promoted(n) => format!("the type of argument {}", n + 1),
        Returns::Widest => "the widest number".to_owned(),
        Returns::Common | Returns::CommonNonDynamic => "the common type".to_owned(),
        Returns::Literal(n) => format!("the type that argument {} names", n + 1),
        Returns::ByLiteral(n, _) => format!("a type that depends on argument {}", n + 1),
        Returns::Columns(of) => {
            let columns: Vec<String> = of(2).iter().map(|c| format!("{}: {}", c.suffix, c.ty.name())).collect();
            format!("({})", columns.join(", "))
        }
    }
}
