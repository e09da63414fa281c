//! The command `kql`: runs and checks Kusto queries on local files. [`run`] is all of it; the binary and the Python package
//! call it.
#![deny(unsafe_code)]

mod allocator;
mod arguments;
mod bar;
mod check;
#[cfg(feature = "cluster")]
mod cluster;
mod convert;
mod data;
mod diagnostics;
mod diff;
mod explain;
mod failure;
mod fmt;
mod hunt;
mod install;
mod interrupt;
mod lint;
mod lookup;
mod machine;
mod mcp;
mod message;
mod minimise;
mod parallel;
mod partial;
mod provisional;
mod query_files;
mod repl;
mod run;
mod sample;
mod screen;
mod serve;
mod serving;
mod test;
mod watch;
mod why;
mod words;

pub use allocator::release as release_memory;
pub use arguments::{SizeError, size as parse_size};
pub use machine::memory as default_memory;

use clap::Parser;
use std::ffi::OsString;

/// Runs the command with these arguments, the first of which is its name, and returns its exit status. Prints to standard
/// output and standard error, and ends the process for `--help`, `--version` and a wrong command line.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
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
    let arguments = arguments::Arguments::parse_from(arguments);
    let done = match arguments.command {
        arguments::Command::Run(run) => run::run(&run),
        arguments::Command::Repl(repl) => repl::repl(repl),
        arguments::Command::Check(check) => check::check(&check),
        arguments::Command::Lint(lint) => lint::lint(&lint),
        arguments::Command::Test(test) => test::test(&test),
        arguments::Command::Explain(explain) => explain::explain(&explain),
        arguments::Command::Why(why) => why::why(&why),
        arguments::Command::Sample(sample) => sample::sample(&sample),
        arguments::Command::Diff(diff) => diff::diff(&diff),
        arguments::Command::Minimise(minimise) => minimise::minimise(&minimise),
        arguments::Command::Hunt(hunt) => hunt::hunt(&hunt),
        arguments::Command::Schema(schema) => lookup::schema(&schema),
        arguments::Command::Functions(functions) => lookup::functions(&functions),
        arguments::Command::Convert(convert) => convert::convert(&convert),
        arguments::Command::Data(data) => data::data(&data),
        arguments::Command::Fmt(fmt) => fmt::fmt(&fmt),
        arguments::Command::Serve(serve) => serve::serve(&serve),
        arguments::Command::Mcp(mcp) => mcp::mcp(&mcp),
        #[cfg(feature = "cluster")]
        arguments::Command::Cluster(cluster) => cluster::serve(&cluster),
        arguments::Command::Completions(completions) => install::completions(&completions),
        arguments::Command::Man => install::man(),
    };
    match done {
        Ok(()) => 0,
        Err(failure) => failure.report(),
    }
}
