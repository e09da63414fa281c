//! Runs scheduled rules on a timeline, as the service would have run them over the same rows.
//!
//! ```text
//! schedule.rs  when a rule runs, and what each run sees     outcome.rs  what became of the rules
//! run.rs       runs them                                    gaps.rs     rows that no run has seen
//! repeats.rs   rows that several runs have found            json.rs, text.rs   the result as JSON and as text
//! ```

mod gaps;
mod json;
mod outcome;
mod repeats;
mod run;
mod schedule;
mod text;

pub use json::{object, rule_object};
pub use outcome::{Gaps, Ran, Repeat, Simulated, SimulatedAlert, SimulatedRule, Simulation};
pub use run::{SimulateOptions, simulate};
pub use schedule::{Schedule, Window};
pub use text::summary;
