//! `kql repl`: runs queries one after the other, over data that is inspected once.

mod commands;
mod complete;
mod editor;
mod highlight;
mod input;
mod session;

use crate::arguments::{Environment, Repl};
use crate::failure::Failure;
use crate::interrupt;
use crate::screen;
use kql_engine::Engine;
use kql_engine::Progress;
use kql_output::{Format, Options};
use session::{Flow, Session, engine};
use std::io::{BufRead, BufWriter, IsTerminal};
use std::sync::{Arc, PoisonError, RwLock};

/// Reads queries and commands to the end of standard input, or `.quit`.
pub fn repl(arguments: Repl) -> Result<(), Failure> {
    let progress = Arc::new(Progress::default());
    let built = build(&arguments.environment, arguments.strict, &progress)?;
    let plain = if std::io::stdout().is_terminal() { Format::Table } else { Format::Csv };
    let mut session = Session {
        environment: arguments.environment,
        strict: arguments.strict,
        format: arguments.format.unwrap_or(plain),
        engine: Arc::new(RwLock::new(Arc::new(built))),
        progress,
        failed: false,
        person: std::io::stdin().is_terminal() && std::io::stdout().is_terminal(),
    };
    commands::check_format(session.format).map_err(|e| Failure::Usage(e.to_string()))?;
    if session.person {
        return editor::run(&mut session, !arguments.no_history);
    }
    interrupt::listen(session.progress.clone());
    script(&mut session, &mut std::io::stdin().lock())?;
    if session.failed { Err(Failure::Reported) } else { Ok(()) }
}

fn build(environment: &Environment, strict: bool, progress: &Arc<Progress>) -> Result<Engine, Failure> {
    crate::run::build(environment.engine()?.strict(strict).progress(progress.clone()))
}

/// Reads lines that are not typed by a person: a query ends with `;`, with an empty line, or if the next line does not
/// continue it.
fn script(session: &mut Session, lines: &mut impl BufRead) -> Result<(), Failure> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        let read =
            lines.read_line(&mut line).map_err(|e| Failure::Usage(format!("Standard input cannot be read: {e}")))?;
        let goes_on = line.trim_start().starts_with('|');
        let ended = read == 0 || line.trim().is_empty() || input::is_complete(&text);
        if !text.is_empty() && ended && !goes_on && session.handle(&std::mem::take(&mut text))? == Flow::Quit {
            return Ok(());
        }
        if read == 0 {
            return Ok(());
        }
        if text.is_empty() && line.trim().is_empty() {
            continue;
        }
        text.push_str(&line);
        let ended = line.trim_end().ends_with(';') && input::is_complete(&text);
        if (ended || input::is_command(&text)) && session.handle(&std::mem::take(&mut text))? == Flow::Quit {
            return Ok(());
        }
    }
}

impl Session {
    /// Runs a query or command. Its errors are printed; a returned error means that the session cannot go on.
    fn handle(&mut self, text: &str) -> Result<Flow, Failure> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Flow::Continue);
        }
        let done = if input::is_command(text) { self.command(text) } else { self.query(text) };
        match done {
            Ok(flow) => Ok(flow),
            // the reader of the output has closed it
            Err(Failure::Closed) => Err(Failure::Closed),
            Err(Failure::Interrupted) if !self.person => Err(Failure::Interrupted),
            Err(failure) => {
                self.failed = true;
                let _ = failure.report();
                Ok(Flow::Continue)
            }
        }
    }

    fn query(&mut self, text: &str) -> Result<Flow, Failure> {
        let engine = engine(&self.engine);
        let query = crate::run::Query { engine: &engine, text, shown: "query" };
        let options = Options { screen: screen::of_output() };
        query.run(self.format, &mut BufWriter::new(std::io::stdout()), &options)?;
        Ok(Flow::Continue)
    }

    /// Builds the engine again after a setting was changed; the old one stays if that fails.
    fn rebuild(&mut self, environment: Environment) -> Result<(), Failure> {
        let built = build(&environment, self.strict, &self.progress)?;
        self.environment = environment;
        *self.engine.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(built);
        Ok(())
    }
}
