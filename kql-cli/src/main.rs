//! `kql`: run and check Kusto queries on local files.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(kql_cli::run(std::env::args_os()))
}
