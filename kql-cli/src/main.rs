//! `kql`: run and check Kusto queries on local files.
#![deny(unsafe_code)]

mod allocator;
mod arguments;
mod bar;
mod check;
mod convert;
mod data;
mod diagnostics;
mod explain;
mod failure;
mod fmt;
mod install;
mod interrupt;
mod lookup;
mod machine;
mod message;
mod partial;
mod provisional;
mod query_files;
mod repl;
mod run;
mod screen;
mod test;
mod watch;
mod why;
mod words;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    // a panic of a reader is reported as an error about the file, too much text in an array as one about the query
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let is_reported =
            kql_engine::sources::in_reader() || panic.payload_as_str().is_some_and(kql_engine::is_overflow);
        if !is_reported {
            usual(panic);
        }
    }));
    // clap exits with 2 if the command line is at fault, and with 0 for --help and --version
    let arguments = arguments::Arguments::parse();
    let done = match arguments.command {
        arguments::Command::Run(run) => run::run(&run),
        arguments::Command::Repl(repl) => repl::repl(repl),
        arguments::Command::Check(check) => check::check(&check),
        arguments::Command::Test(test) => test::test(&test),
        arguments::Command::Explain(explain) => explain::explain(&explain),
        arguments::Command::Why(why) => why::why(&why),
        arguments::Command::Schema(schema) => lookup::schema(&schema),
        arguments::Command::Functions(functions) => lookup::functions(&functions),
        arguments::Command::Convert(convert) => convert::convert(&convert),
        arguments::Command::Data(data) => data::data(&data),
        arguments::Command::Fmt(fmt) => fmt::fmt(&fmt),
        arguments::Command::Completions(completions) => install::completions(&completions),
        arguments::Command::Man => install::man(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
