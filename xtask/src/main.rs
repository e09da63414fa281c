//! Repository tasks: `cargo xtask NAME`.
#![forbid(unsafe_code)]

mod attack;
mod catalogue;
mod floors;
mod modules;
mod tidy;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["attack", file] => attack::run(file),
        ["catalogue", folder] => catalogue::run(folder),
        ["floors"] => floors::print(),
        ["tidy"] => tidy::run(),
        _ => Err("tasks: attack FILE, catalogue FOLDER, floors, tidy".to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
