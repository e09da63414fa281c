//! How fast real queries are lexed and parsed, on one core: `cargo bench -p kql-parser --bench corpus`.
//!
//! `KQL_CORPUS` names a file of JSON lines with a field "query"; without it, the project's own queries are read. Where
//! `KUSTO_JS` names the folder of the npm package `@kusto/language-service-next` and Node is there, Microsoft's parser
//! reads the same texts.

#[path = "../tests/shared/mod.rs"]
mod shared;

use std::hint::black_box;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn main() {
    let texts = shared::corpus();
    let bytes: usize = texts.iter().map(String::len).sum();
    println!("{} queries, {:.2} MB", texts.len(), bytes as f64 / 1e6);
    let lexing = speed(&texts, bytes, |text| {
        black_box(kql_parser::lex(text));
    });
    println!("lexing               {lexing:8.1} MB/s");
    let parsing = speed(&texts, bytes, |text| {
        black_box(kql_parser::parse(text));
    });
    println!("lexing and parsing   {parsing:8.1} MB/s");
    match microsoft(&texts) {
        Some(theirs) => {
            println!("Microsoft's, in Node {theirs:8.1} MB/s; ours is {:.0} times as fast", parsing / theirs)
        }
        None => println!("Microsoft's parser was not asked: KUSTO_JS or Node is missing"),
    }
}

/// The best of several rounds, in MB/s.
fn speed(texts: &[String], bytes: usize, work: impl Fn(&str)) -> f64 {
    let mut best = Duration::MAX;
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(3) {
        let round = Instant::now();
        texts.iter().for_each(|text| work(text));
        best = best.min(round.elapsed());
    }
    bytes as f64 / 1e6 / best.as_secs_f64()
}

fn microsoft(texts: &[String]) -> Option<f64> {
    std::env::var_os("KUSTO_JS")?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/microsoft.js");
    let mut node = Command::new("node").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut lines = String::new();
    for text in texts {
        lines.push('"');
        for c in text.chars() {
            match c {
                '"' | '\\' => lines.extend(['\\', c]),
                c if u32::from(c) < 0x20 => lines.push_str(&format!("\\u{:04x}", u32::from(c))),
                c => lines.push(c),
            }
        }
        lines.push_str("\"\n");
    }
    node.stdin.take()?.write_all(lines.as_bytes()).ok()?;
    let done = node.wait_with_output().ok()?;
    String::from_utf8(done.stdout).ok()?.trim().parse().ok()
}
