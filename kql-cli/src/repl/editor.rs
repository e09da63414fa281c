//! The interactive session: lines with editing, colours, completion and history.

use super::complete::Names;
use super::highlight::Colours;
use super::input;
use super::session::{Flow, Session};
use crate::failure::Failure;
use crate::interrupt;
use reedline::{
    EditCommand, Emacs, FileBackedHistory, IdeMenu, KeyCode, KeyModifiers, MenuBuilder, Prompt, PromptEditMode,
    PromptHistorySearch, PromptHistorySearchStatus, Reedline, ReedlineEvent, ReedlineMenu, Signal, ValidationResult,
    Validator, default_emacs_keybindings,
};
use std::borrow::Cow;
use std::path::PathBuf;

/// The maximum number of history entries.
const HISTORY: usize = 5000;
const MENU: &str = "names";

/// Reads and runs queries until Ctrl-D or `.quit`.
pub fn run(session: &mut Session, history: bool) -> Result<(), Failure> {
    interrupt::listen_always(session.progress.clone());
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let mut editor = Reedline::create()
        .with_ansi_colors(!set("NO_COLOR"))
        .use_bracketed_paste(true)
        .with_quick_completions(true)
        .with_validator(Box::new(Whole))
        .with_completer(Box::new(Names(session.engine.clone())))
        .with_menu(ReedlineMenu::EngineCompleter(Box::new(
            IdeMenu::default().with_name(MENU).with_marker("> ").with_default_border().with_max_completion_height(12),
        )))
        .with_edit_mode(Box::new(Emacs::new(keys())));
    if !set("NO_COLOR") {
        editor = editor.with_highlighter(Box::new(Colours));
    }
    if history && let Some(path) = history_file() {
        match FileBackedHistory::with_file(HISTORY, path.clone()) {
            Ok(history) => editor = editor.with_history(Box::new(history)),
            Err(error) => {
                crate::message::message!("notice: the history cannot be saved in {}: {error}", path.display())
            }
        }
    }
    let version = env!("CARGO_PKG_VERSION");
    println!("kql {version}: .help lists the commands, Ctrl-D exits");
    loop {
        let read = editor.read_line(&Sign);
        match read.map_err(|e| Failure::Usage(format!("The terminal cannot be read: {e}")))? {
            Signal::Success(text) => {
                session.progress.reset();
                if session.handle(&text)? == Flow::Quit {
                    return Ok(());
                }
            }
            Signal::CtrlD => return Ok(()),
            _ => {}
        }
    }
}

fn keys() -> reedline::Keybindings {
    let mut keys = default_emacs_keybindings();
    let menu = ReedlineEvent::UntilFound(vec![ReedlineEvent::Menu(MENU.to_owned()), ReedlineEvent::MenuNext]);
    keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, menu);
    keys.add_binding(KeyModifiers::SHIFT, KeyCode::BackTab, ReedlineEvent::MenuPrevious);
    // a blank ends a name, so that Enter runs the line instead of accepting a completion
    let blank = ReedlineEvent::Edit(vec![EditCommand::InsertChar(' ')]);
    keys.add_binding(KeyModifiers::NONE, KeyCode::Char(' '), ReedlineEvent::Multiple(vec![ReedlineEvent::Esc, blank]));
    keys.add_binding(KeyModifiers::ALT, KeyCode::Enter, ReedlineEvent::Edit(vec![EditCommand::InsertNewline]));
    keys
}

/// The file of the history, in the system's folder for the state of programs.
fn history_file() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || folder("HOME");
    let state = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Application Support"))
    } else {
        folder("XDG_STATE_HOME").or_else(|| home().map(|home| home.join(".local/state")))
    };
    state.map(|state| state.join("kql").join("history"))
}

/// Enter runs complete input.
struct Whole;

impl Validator for Whole {
    fn validate(&self, line: &str) -> ValidationResult {
        if input::is_complete(line) { ValidationResult::Complete } else { ValidationResult::Incomplete }
    }
}

/// The prompt.
struct Sign;

impl Prompt for Sign {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed("kql")
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed("> ")
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed("   > ")
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        let failing = match search.status {
            PromptHistorySearchStatus::Passing => "",
            PromptHistorySearchStatus::Failing => "nothing found ",
        };
        Cow::Owned(format!(" ({failing}search: {}) ", search.term))
    }
}
