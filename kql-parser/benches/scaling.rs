//! Doubling a query doubles the time: `cargo bench -p kql-parser --bench scaling`.
//!
//! Each line is one way to make a query longer; the columns are the times of 64 kB, 128 kB ... 1 MB, and the last the
//! factor from one to the next.

#[path = "../tests/shared/long.rs"]
mod long;

use std::time::{Duration, Instant};

fn main() {
    for (name, make) in long::WAYS {
        let mut times: Vec<Duration> = Vec::new();
        for size in [1 << 16, 1 << 17, 1 << 18, 1 << 19, 1 << 20] {
            let text = make(size);
            let best = (0..3).map(|_| time(&text)).min().unwrap_or_default();
            times.push(best);
        }
        let factor = times.last().map_or(0.0, Duration::as_secs_f64) / times.first().map_or(1.0, Duration::as_secs_f64);
        let shown: Vec<String> = times.iter().map(|t| format!("{:8.2}", t.as_secs_f64() * 1e3)).collect();
        println!("{name:28} {} ms   {:.2}", shown.join(" "), factor.powf(0.25));
    }
}

/// Parsing, printing, and dropping.
fn time(text: &str) -> Duration {
    let begin = Instant::now();
    let parse = kql_parser::parse(text);
    let printed = kql_parser::print(&parse.query);
    drop(parse);
    std::hint::black_box(printed);
    begin.elapsed()
}
