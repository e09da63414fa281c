//! Completions at the cursor: those of a query, and of commands.

use super::commands::COMMANDS;
use super::session::{Shared, engine};
use kql_engine::Engine;
use kql_engine::callable::{self, Callable};
use kql_engine::editing::{self, Found, FoundKind, best};
use kql_output::Format;
use reedline::{Completer, Span, Suggestion};

/// Completes with the session's engine.
pub struct Names(pub Shared);

impl Completer for Names {
    fn complete(&mut self, line: &str, pos: usize) -> Vec<Suggestion> {
        let (start, found) = complete(&engine(&self.0), line, pos);
        found
            .into_iter()
            .map(|found| Suggestion {
                append_whitespace: !found.text.ends_with('(') && !found.text.ends_with('.'),
                value: found.text,
                description: (!found.about.is_empty()).then_some(found.about),
                span: Span { start, end: pos },
                ..Suggestion::default()
            })
            .collect()
    }
}

/// Where the word at the cursor begins, and its completions.
fn complete(engine: &Engine, line: &str, pos: usize) -> (usize, Vec<Found>) {
    let before = line.get(..pos).unwrap_or(line);
    if super::input::is_command(before) || before.trim() == "." {
        return command(engine, before);
    }
    editing::complete(engine, line, pos)
}

fn command(engine: &Engine, before: &str) -> (usize, Vec<Found>) {
    let found = |text: &str, about: &str| {
        let kind = FoundKind::Command;
        Found { text: text.to_owned(), about: about.to_owned(), kind }
    };
    let Some((name, _)) = before.trim_start().split_once(char::is_whitespace) else {
        let start = before.len() - before.trim_start().len();
        let all = COMMANDS.iter().map(|(name, _, about)| found(name, about)).collect();
        return (start, best(all, before.trim_start()));
    };
    let start = before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let typed = before.get(start..).unwrap_or("").to_lowercase();
    let all: Vec<Found> = match name {
        ".schema" | ".tables" => engine.table_names().iter().map(|name| found(name, "")).collect(),
        ".help" => {
            let mut names: Vec<&str> = callable::all().flat_map(Callable::names).collect();
            names.sort_unstable();
            names.into_iter().map(|name| found(name, "")).collect()
        }
        ".format" => Format::all().filter(|format| format.is_text()).map(|format| found(format.name(), "")).collect(),
        _ => Vec::new(),
    };
    (start, best(all, &typed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_their_arguments() {
        let engine = Engine::builder().build().expect("an engine");
        let found =
            |text: &str| -> Vec<String> { complete(&engine, text, text.len()).1.into_iter().map(|f| f.text).collect() };
        assert_eq!(found(".help bag_unp"), ["bag_unpack"]);
        assert_eq!(found(".sch"), [".schema"]);
        assert_eq!(found(".schema SecurityEv"), ["SecurityEvent"]);
        assert_eq!(found(".format c"), ["csv"]);
        assert_eq!(found("print Alpha = 1 | where Alp")[0], "Alpha");
    }
}
