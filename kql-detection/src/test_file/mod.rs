//! Test files: `NAME.test.yaml` beside a rule, the key `tests` in a rule's own file, and the forms of other tools.

mod expect;
mod files;
mod foreign;
mod given;
mod model;
mod read;
mod reader;
mod schema;

pub use files::{TestPath, rule_path, test_files};
pub use foreign::read_page;
pub use model::{Case, ExpectEntity, Expected, Given, GivenRow, Part, TestFile};
pub use read::{read_tests, tests_of_rule};
pub use schema::json_schema;
