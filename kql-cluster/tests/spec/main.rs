//! Runs the Markdown specifications of `tests/spec` and the packages of `queries` with plans that are encoded and decoded
//! before they run. With `KQL_CLUSTER=HOST:PORT`, those that read files run on that cluster instead, which must see the
//! temporary folder.

// most of it is used by the engine's own runner only
#[allow(dead_code)]
#[path = "../../../kql-engine/tests/spec/document.rs"]
mod document;
#[allow(dead_code)]
#[path = "../../../kql-engine/tests/spec/case_engine.rs"]
mod plain_engine;
#[allow(dead_code)]
#[path = "../../../kql-engine/tests/spec/run.rs"]
mod run;

use document::Document;
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};

/// The engine of a case, with a runner.
mod case_engine {
    use crate::document::Case;
    use kql_cluster::Cluster;
    use kql_cluster::loopback::Loopback;
    use kql_engine::{Engine, Limits, PlanRunner};
    use std::sync::{Arc, LazyLock};
    use tempfile::TempDir;

    static CLUSTER: LazyLock<Option<Cluster>> = LazyLock::new(|| {
        let address = std::env::var("KQL_CLUSTER").ok()?;
        Some(Cluster::connect_blocking(&address).expect("a cluster at KQL_CLUSTER"))
    });

    pub fn engine(case: &Case, limits: Limits) -> Result<(Engine, TempDir), String> {
        let (builder, folder) = crate::plain_engine::settings(case, limits)?;
        let runner: Arc<dyn PlanRunner> = match &*CLUSTER {
            Some(cluster) => Arc::new(cluster.clone()),
            None => Arc::new(Loopback { partitions: limits.partitions }),
        };
        Ok((builder.runner(runner).build().map_err(|e| e.to_string())?, folder))
    }
}

fn main() {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default();
    let mut pages = Vec::new();
    collect(&root.join("tests/spec"), &|name| name.ends_with(".md"), &mut pages);
    collect(&root.join("queries"), &|name| name == "expected.md", &mut pages);
    pages.sort();
    let mut trials = Vec::new();
    for path in pages {
        let shown = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        let text = std::fs::read_to_string(&path).expect("a page can be read");
        match Document::parse(&text, &path) {
            Ok(document) => {
                trials.extend(document.cases.into_iter().map(|case| {
                    Trial::test(format!("{shown}:{} {}", case.line, case.title), move || run::check(&case))
                }))
            }
            Err(error) => trials.push(Trial::test(shown, || Err(Failed::from(error)))),
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn collect(folder: &Path, wanted: &dyn Fn(&str) -> bool, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, wanted, found);
        } else if path.file_name().and_then(|name| name.to_str()).is_some_and(wanted) {
            found.push(path);
        }
    }
}
