#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod check;
mod coverage;
mod diff;
mod entity_types;
mod functions_file;
pub mod hunt;
pub mod lint;
mod minimise;
mod mutants;
mod parser_yaml;
mod problem;
mod report;
mod rule;
mod sample;
mod schemas_file;
mod sigma;
pub mod simulate;
mod test_file;
mod visible;
mod why;
pub mod yaml;

pub use check::{
    Failure, FalseArm, FileReport, Loaded, Loss, MutationReport, Outcome, Session, SessionOptions, Survivor, Verdict,
    files_named, first_line, losses,
};
pub use coverage::{Coverage, CoverageFormat, Unit, UnitKind, coverage_report, reached};
pub use diff::{ChangedRow, DiffError, FieldChange, RuleDiff, changed_fields, diff};
pub use functions_file::{FunctionsError, load_functions};
pub use minimise::{MinimiseError, Minimised, MinimisedTable, Scrub, Scrubbed, minimise, tables_with_data};
pub use mutants::{Mutant, MutantKind, mutants};
pub use problem::{Place, Placed, Problem, Source};
pub use report::{Look, ReportFormat, mutation_report, report};
pub use rule::{
    Entity, EntityField, EventGrouping, Operator, QueryPlaces, QueryText, Rule, RuleFile, RuleKind, Trigger, files,
    read,
};
pub use sample::{SampleError, SampleTests, sample};
pub use schemas_file::{SchemasError, load_schemas};
pub use sigma::{SigmaError, convert as convert_sigma, is_sigma};
pub use test_file::{TestPath, json_schema, test_files};
pub use visible::visible;
pub use why::{WhyError, WhyRow, WhyRows, why};
