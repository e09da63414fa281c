//! What editors show while a query is written: completions, documentation of the word under the pointer, colours. Sessions,
//! notebooks and the server's page all use it.

mod colours;
mod complete;
mod context;
mod hover;
mod words;

pub use colours::{Class, classes};
pub use complete::{Found, FoundKind, best, complete, quoted};
pub use hover::{Hover, hover};
