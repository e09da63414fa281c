//! The terminal that results are written for.

use kql_output::Screen;
use std::io::IsTerminal;

/// The terminal of standard output; `None` if it is a file or a pipe.
pub fn of_output() -> Option<Screen> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let width = comfy_table::Table::new().width().map_or(80, usize::from);
    Some(Screen { width: width.max(20), colour: !set("NO_COLOR") && !dumb })
}
