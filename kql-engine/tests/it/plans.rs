//! The plan of the first example on each page about an operator.

use crate::case_engine::engine;
use crate::document::{Document, Expected};
use kql_engine::Limits;
use std::path::Path;

#[test]
fn a_plan_for_each_operator() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/spec/operators");
    let mut pages: Vec<_> = std::fs::read_dir(&folder)
        .expect("a folder can be read")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    pages.sort();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/plans");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for page in &pages {
            let text = std::fs::read_to_string(page).expect("a page can be read");
            let document = Document::parse(&text, page).unwrap_or_else(|e| panic!("{}: {e}", page.display()));
            let case = document.cases.iter().find(|case| matches!(case.expected, Expected::Table(_)));
            // an operator that is refused has a page as well
            let Some(case) = case else { continue };
            let (engine, _folder) = engine(case, Limits::default()).expect("the example's data");
            let prepared = engine.prepare(&case.query).unwrap_or_else(|e| panic!("{}: {e}", page.display()));
            let name = page.file_stem().unwrap_or_default().to_string_lossy();
            insta::assert_snapshot!(name.as_ref(), format!("{}\n---\n{}", case.query, prepared.explain()));
        }
    });
}
