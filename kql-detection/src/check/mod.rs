//! Runs tests: the query of a rule over the rows that a test gives, compared with what it expects.

mod alerts;
mod case;
mod compare;
mod differences;
mod each;
mod expectations;
mod fixtures;
mod killers;
mod losses;
mod matching;
mod mutate;
mod params;
mod reads;
mod session;
mod snapshot;
mod table;
mod target;
mod time;
mod unfollowed;
mod value;
mod verdict;

pub(crate) use alerts::alerts;
pub(crate) use losses::line;
pub use losses::{FalseArm, Loss, first_line, losses};
pub use mutate::{MutationReport, Survivor};
pub(crate) use reads::tables_read;
pub(crate) use session::first_fault;
pub use session::{Loaded, Session, SessionOptions, files_named};
pub(crate) use time::depends_on_time;
pub(crate) use unfollowed::{has_name, unfollowed};
pub use verdict::{Failure, FileReport, Outcome, Verdict};
