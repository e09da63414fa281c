//! Test files: `NAME.test.yaml` beside a rule, or the key `tests` in a rule's own file.

mod expect;
mod files;
mod given;
mod model;
mod read;
mod schema;

pub use files::{TestPath, rule_path, test_files};
pub use model::{Case, Count, ExpectEntity, Expected, Given, GivenRow, Part, TestFile};
pub use read::{read_tests, tests_of_rule};
pub use schema::json_schema;
