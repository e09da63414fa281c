//! Writes process events as an endpoint sensor reports them, as Parquet, NDJSON and CSV, for benchmarks:
//! `cargo run --release -p kql-engine --example generate -- FOLDER ROWS`

#[path = "../benches/generate/mod.rs"]
mod generate;

use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, rows] = arguments.as_slice() else {
        eprintln!("usage: generate FOLDER ROWS");
        std::process::exit(2);
    };
    let Ok(rows) = rows.parse() else {
        eprintln!("{rows} is no number of rows");
        std::process::exit(2);
    };
    let files = generate::process_events(Path::new(folder), rows);
    for path in [files.parquet, files.ndjson, files.csv] {
        println!("{}", path.display());
    }
}
