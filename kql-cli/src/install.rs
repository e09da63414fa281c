//! `kql completions` and `kql man`: files that a package installs with the program.

use crate::arguments::{Arguments, Completions};
use crate::failure::Failure;
use clap::CommandFactory;
use std::io::Write;

/// Prints the completion script of a shell.
pub fn completions(arguments: &Completions) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "kql", &mut text);
    print(&text)
}

/// Prints the manual page: the command, then each of its subcommands.
pub fn man() -> Result<(), Failure> {
    let mut command = Arguments::command();
    // with the options of all subcommands, and names such as `kql-run`
    command.build();
    let mut text = Vec::new();
    let man = clap_mangen::Man::new(command.clone());
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    sections(&man, &mut text)?;
    for part in command.get_subcommands().filter(|part| !part.is_hide_set() && part.get_name() != "help") {
        writeln!(text, ".SH \"KQL {}\"", part.get_name().to_uppercase())?;
        sections(&clap_mangen::Man::new(part.clone()), &mut text)?;
    }
    print(&text)
}

fn sections(man: &clap_mangen::Man, text: &mut Vec<u8>) -> Result<(), Failure> {
    man.render_description_section(text)?;
    man.render_synopsis_section(text)?;
    Ok(man.render_options_section(text)?)
}

fn print(text: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text)?;
    Ok(out.flush()?)
}
