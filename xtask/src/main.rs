//! Repository tasks: `cargo xtask NAME`.

mod catalogue;
mod tidy;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["catalogue", folder] => catalogue::run(folder),
        ["tidy"] => tidy::run(),
        _ => Err("tasks: catalogue FOLDER, tidy".to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
