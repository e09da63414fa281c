//! What is wrong with a file, and where.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A range of bytes of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The first byte.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
}

/// A value and the place in the file where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub place: Place,
}

/// A file that cannot be used as it is: one sentence, with the place and a suggestion.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// The text of the file, for messages that show its lines.
    pub text: Arc<str>,
    /// Where; `None` for the file as a whole.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Problem {
    /// The line, from 1, if the problem has a place.
    pub fn line(&self) -> Option<usize> {
        Some(line(&self.text, self.place?.start))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line() {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}

/// A file and its text.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file.
    pub file: PathBuf,
    /// Its text.
    pub text: Arc<str>,
}

impl Source {
    /// A file with its text.
    pub fn new(file: &Path, text: &str) -> Source {
        Source { file: file.to_owned(), text: text.into() }
    }

    /// A problem at a place of the file.
    pub fn problem(&self, place: Place, message: impl Into<String>, help: Option<String>) -> Problem {
        Problem { place: Some(place), help, ..self.whole(message) }
    }

    /// A problem of the file as a whole.
    pub fn whole(&self, message: impl Into<String>) -> Problem {
        Problem { file: self.file.clone(), text: self.text.clone(), place: None, message: message.into(), help: None }
    }

    /// The line of a byte, from 1.
    pub fn line(&self, byte: usize) -> usize {
        line(&self.text, byte)
    }

    /// A key that a map has already.
    pub fn twice(&self, key: &str, place: Place) -> Problem {
        self.problem(place, format!("the key '{key}' is given twice"), Some("remove one of the two".to_owned()))
    }
}

fn line(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|b| *b == b'\n').count() + 1
}
