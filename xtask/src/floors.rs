//! The floors of the crates: a file names modules of lower floors only, and files that name each other in a circle are few.

use crate::modules::{self, Graph};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The root files of the crates whose files are looked at.
const CRATES: [&str; 7] = [
    "kql-parser/src/lib.rs",
    "kql-scan/src/lib.rs",
    "kql-engine/src/lib.rs",
    "kql-output/src/lib.rs",
    "kql-detection/src/lib.rs",
    "kql-server/src/lib.rs",
    "kql-cli/src/main.rs",
];

/// The modules of the engine, from the ground up. Those of one floor do not name each other, but for those that a `+` joins:
/// they are one layer, since an operator binds the pipelines inside it.
const FLOORS: [(&str, &[&str]); 25] = [
    ("what nodes of plans have in common", &["one_input"]),
    (
        "words for what happens, the simplest values, and the memory there is",
        &[
            "types",
            "time",
            "render",
            "progress",
            "notes",
            "defect",
            "byte_channel",
            "memory",
            "strategy",
            "slices",
            "encoded",
            "placed",
            "runner",
            "scan_exec",
        ],
    ),
    (
        "what a run can use, letting other work run, rows in order, fewer rows for top",
        &["budget", "round_robin", "yielding", "top_candidates"],
    ),
    ("values, and rows that are kept", &["decimal", "error", "storage", "stored_rows"]),
    (
        "a constant, threads, planning that can be stopped, which files externaldata reads, object stores",
        &["value", "deep_stack", "workers", "stoppable", "external_files", "stores"],
    ),
    ("the dynamic type", &["dynamic"]),
    ("cells of results, places of addresses", &["cell", "geo_ip"]),
    ("rows of functions", &["registry"]),
    ("what a query means", &["plan"]),
    (
        "scalar functions, graphs, results, what a traced run records",
        &["functions", "graph", "answer", "stages", "trace"],
    ),
    ("what the parts of a query stand for", &["meaning"]),
    ("aggregates, columns out of texts", &["aggregates", "extract"]),
    ("files as tables", &["sources", "fixed_schema", "partition_constants", "partition_sort"]),
    ("plan to DataFusion, running it, files of externaldata", &["lower", "exec", "external"]),
    ("AST to plan, plan to plan", &["bind+operators+plugins", "rewrite"]),
    ("plans for other processes", &["codec"]),
    ("files of KQL text", &["text_tables"]),
    ("what a query can name", &["database"]),
    ("an engine's inside", &["engine_core"]),
    ("a result as a stream", &["stream"]),
    ("a query that is bound", &["prepared"]),
    ("a query that runs, rows that it finds", &["run", "traced", "sample"]),
    ("the engine", &["engine+builder"]),
    ("whole tables", &["export", "hold"]),
    ("what the data is, what editors show", &["describe", "editing"]),
];

/// Files that may name each other in a circle: the grammar descends into itself, as its tree does, and operators bind
/// pipelines.
const CIRCLES: [&[&str]; 2] = [
    &["kql-parser/src/grammar/", "kql-parser/src/ast/"],
    &["kql-engine/src/bind/", "kql-engine/src/operators/", "kql-engine/src/plugins/"],
];

/// Circles of up to this many files are let be.
const SMALL: usize = 3;

/// Adds what is wrong.
pub fn check(wrong: &mut Vec<String>) {
    match graphs() {
        Ok(graphs) => {
            for (_, graph) in &graphs {
                upward(graph, wrong);
                for circle in modules::circles(graph).iter().filter(|c| c.len() > SMALL && !is_allowed(c)) {
                    wrong.push(format!("{} files name each other in a circle: {}", circle.len(), circle.join(", ")));
                }
            }
        }
        Err(message) => wrong.push(message),
    }
}

/// What the floors are, and which circles there are.
pub fn print() -> Result<(), String> {
    let mut out = String::new();
    for (i, (what, modules)) in FLOORS.iter().enumerate().rev() {
        let _ = writeln!(out, "floor {:2}  {}: {what}", i + 1, modules.join(", "));
    }
    for (root, graph) in graphs()? {
        let arrows: usize = graph.values().map(std::collections::BTreeSet::len).sum();
        let _ = writeln!(out, "\n{root}: {} files, {arrows} arrows", graph.len());
        for circle in modules::circles(&graph) {
            let _ = writeln!(out, "  circle of {}: {}", circle.len(), circle.join(", "));
        }
    }
    print!("{out}");
    Ok(())
}

fn graphs() -> Result<Vec<(&'static str, Graph)>, String> {
    CRATES.iter().map(|root| Ok((*root, modules::graph(Path::new(root))?))).collect()
}

fn is_allowed(circle: &[String]) -> bool {
    CIRCLES.iter().any(|folders| circle.iter().all(|file| folders.iter().any(|folder| file.starts_with(folder))))
}

fn upward(graph: &Graph, wrong: &mut Vec<String>) {
    let mut places: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for (floor, (_, modules)) in FLOORS.iter().enumerate() {
        for layer in *modules {
            places.extend(layer.split('+').map(|module| (module, (floor, *layer))));
        }
    }
    for (file, named) in graph {
        let Some(module) = module_of(file) else { continue };
        let Some((floor, layer)) = places.get(module) else {
            wrong.push(format!("{file}: the module {module} stands on no floor of xtask/src/floors.rs"));
            continue;
        };
        for other in named {
            let Some((under, other_layer)) = module_of(other).and_then(|m| places.get(m)) else { continue };
            if under > floor || (under == floor && layer != other_layer) {
                wrong.push(format!("{file} (floor {}) must not name {other} (floor {})", floor + 1, under + 1));
            }
        }
    }
}

/// The module at the top of the engine that a file belongs to; none for the crate's root and for other crates.
fn module_of(file: &str) -> Option<&str> {
    let rest = file.strip_prefix("kql-engine/src/")?;
    let module = rest.split('/').next()?;
    let module = module.strip_suffix(".rs").unwrap_or(module);
    (module != "lib").then_some(module)
}
