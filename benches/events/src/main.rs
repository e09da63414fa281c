//! Writes process events as an endpoint sensor reports them, as Parquet, NDJSON and CSV, for benchmarks:
//! `cargo run --release -p bench-events -- FOLDER ROWS`
//!
//! It is a package of its own, as it needs Arrow and Parquet only: as an example of the engine it had Cargo choose other
//! features for what DataFusion stands on, and build all of it a second time.

use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, rows] = arguments.as_slice() else {
        eprintln!("usage: bench-events FOLDER ROWS");
        std::process::exit(2);
    };
    let Ok(rows) = rows.parse() else {
        eprintln!("{rows} is no number of rows");
        std::process::exit(2);
    };
    let files = bench_events::process_events(Path::new(folder), rows);
    for path in [files.parquet, files.ndjson, files.csv] {
        println!("{}", path.display());
    }
}
