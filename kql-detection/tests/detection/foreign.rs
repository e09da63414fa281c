//! Tests in the forms of other tools.

use super::human;

#[test]
fn detkit() {
    insta::assert_snapshot!(human("foreign/detkit", true));
}

#[test]
fn panther() {
    insta::assert_snapshot!(human("foreign/panther", true));
}

#[test]
fn contentctl() {
    insta::assert_snapshot!(human("foreign/contentctl", true));
}

#[test]
fn sigma_regression_data() {
    insta::assert_snapshot!(human("foreign/sigma", true));
}

#[test]
fn pages_with_queries_and_results() {
    insta::assert_snapshot!(human("foreign/page", true));
}

#[test]
fn files_at_fault() {
    insta::assert_snapshot!(human("foreign/wrong", false));
}
