//! `kql completions` and `kql man`: what a package puts beside the program.

use crate::arguments::{Arguments, Completions};
use crate::failure::Failure;
use clap::CommandFactory;
use std::io::Write;

/// Prints what completes the command line in a shell.
pub fn completions(arguments: &Completions) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "kql", &mut text);
    print(&text)
}

/// Prints the manual page: the command, then each of its subcommands.
pub fn man() -> Result<(), Failure> {
    let mut command = Arguments::command();
    // with the options of all of them, and names such as `kql-run`
    command.build();
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut text)?;
    for part in command.get_subcommands().filter(|part| !part.is_hide_set() && part.get_name() != "help") {
        let man = clap_mangen::Man::new(part.clone());
        let heading = part.get_name().to_uppercase();
        writeln!(text, ".SH \"KQL {heading}\"")?;
        man.render_description_section(&mut text)?;
        man.render_synopsis_section(&mut text)?;
        man.render_options_section(&mut text)?;
    }
    print(&text)
}

fn print(text: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text)?;
    Ok(out.flush()?)
}
