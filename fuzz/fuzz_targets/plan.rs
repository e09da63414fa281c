//! Text to plan, over a few tables in memory. No plan is run.
#![no_main]

use kql_engine::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use kql_engine::arrow::array::TimestampMicrosecondArray;
use kql_engine::{Engine, Limits};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, OnceLock};

fuzz_target!(|text: &str| {
    kql_fuzz::quiet();
    let Some(engine) = engine() else { return };
    let checked = engine.check(text);
    // a plugin whose columns depend on rows runs a part of the query when it is prepared
    let runs = ["evaluate", "pivot", "externaldata"].iter().any(|word| text.contains(word));
    if checked.diagnostics.iter().all(|d| !d.is_error()) && !runs {
        match engine.prepare(text) {
            Err(kql_engine::Error::Internal(defect)) => panic!("{}", defect.report()),
            prepared => drop(prepared),
        }
    }
});

fn engine() -> Option<&'static Engine> {
    static ENGINE: OnceLock<Option<Engine>> = OnceLock::new();
    let columns: [(&str, ArrayRef); 4] = [
        ("Time", Arc::new(TimestampMicrosecondArray::from(vec![0]))),
        ("Name", Arc::new(StringArray::from(vec!["a"]))),
        ("Count", Arc::new(Int64Array::from(vec![1]))),
        ("Share", Arc::new(Float64Array::from(vec![0.5]))),
    ];
    let build = || {
        let batch = RecordBatch::try_from_iter(columns).ok()?;
        let limits = Limits { batch_size: 64, partitions: 1, memory: Some(256 << 20), ..Limits::default() };
        let builder = Engine::builder().limits(limits).now("2024-05-01").ok()?;
        builder.table("T", vec![batch.clone()]).ok()?.table("U", vec![batch]).ok()?.build().ok()
    };
    ENGINE.get_or_init(build).as_ref()
}
