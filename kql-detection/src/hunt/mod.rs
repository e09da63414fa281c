//! Runs many rules over the same data: each table is read once, and what cannot run stops nothing.
//!
//! ```text
//! rules.rs     the rules of files and folders
//! outcome.rs   what became of each rule
//! run.rs       runs them                        tally.rs   what a hit remembers of its rows
//! now.rs       what now() is
//! terms.rs     which constants of a query are in which cell
//! json.rs, text.rs, html/   the result as JSON, as text, as a page
//! ```

mod html;
mod json;
mod now;
mod outcome;
mod rules;
mod run;
pub(crate) mod tally;
mod terms;
mod text;

pub use html::page;
pub(crate) use json::entities_json;
pub use json::{object, rule_object};
pub use now::at_latest;
pub use outcome::{FoundEntity, Hit, HuntOutcome, Refusal, RefusalKind, RuleOutcome, Status};
pub use rules::{RuleSet, read_rules};
pub use run::{HuntError, HuntOptions, RowSink, hunt};
pub(crate) use run::{of_query, refusal};
pub(crate) use text::iso;
pub use text::summary;
