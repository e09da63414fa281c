//! Reads JSON lines with a field "query" and prints for each the first error: `index<TAB>start<TAB>code<TAB>message`.

#[path = "../tests/shared/mod.rs"]
mod shared;

fn main() {
    for path in std::env::args().skip(1) {
        for (n, line) in shared::lines(std::path::Path::new(&path)).iter().enumerate() {
            let Some(text) = shared::field(line, "query") else { continue };
            match kql_parser::parse(&text).diagnostics.iter().find(|d| d.is_error()) {
                Some(d) => println!("{n}\t{}\t{}\t{}", d.span.start, d.code, d.message),
                None => println!("{n}\t-1\t\t"),
            }
        }
    }
}
