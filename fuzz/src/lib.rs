//! What the fuzz targets share: bytes as a file of a format, read through the engine.
#![forbid(unsafe_code)]

use kql_engine::{Engine, Limits};
use std::path::Path;
use std::sync::{Once, OnceLock};

/// Rows of all tables of a file with this name and content; `None` where it is refused. A panic of a reader that the
/// engine turns into an error is none here.
pub fn rows(name: &str, bytes: &[u8]) -> Option<u64> {
    quiet();
    let path = folder()?.join(name);
    std::fs::write(&path, bytes).ok()?;
    let limits = Limits { batch_size: 64, partitions: 1, memory: Some(256 << 20), ..Limits::default() };
    let engine = Engine::builder().limits(limits).data(path.into()).build().ok()?;
    let mut rows = 0;
    let names = engine.data_tables();
    for table in names {
        let answer = engine.query(&format!("['{}']", escaped(&table))).ok()?;
        rows += answer.tables.iter().map(kql_rows).sum::<u64>();
    }
    Some(rows)
}

fn kql_rows(table: &kql_engine::Table) -> u64 {
    table.batches.iter().map(|batch| batch.num_rows() as u64).sum()
}

fn escaped(name: &str) -> String {
    name.replace('\\', "\\\\").replace('\'', "\\'")
}

/// Leaves panics of third-party readers to the engine; every other panic ends the process, as libFuzzer wants it.
pub fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !kql_engine::sources::in_reader() {
                usual(panic);
            }
        }));
    });
}

/// A folder of this process.
fn folder() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<tempfile::TempDir>> = OnceLock::new();
    FOLDER.get_or_init(|| tempfile::tempdir().ok()).as_ref().map(tempfile::TempDir::path)
}
