//! A test of addresses is negated, which drops the rows whose address is not IPv4.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::made::Made;
use crate::lint::query::{Query, call_of, plain};
use kql_engine::value::Value;
use kql_parser::ast::{BinaryOp, Call, Expr, ExprKind};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "negated-address-test",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "A test of IPv4 addresses is negated, which drops the rows with other addresses.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/negated-address-test.md"),
    check,
};

/// Tests that are null, not false, for a text that is not an IPv4 address.
const TESTS: [&str; 4] = ["ipv4_is_private", "ipv4_is_in_range", "ipv4_is_in_any_range", "ipv4_is_match"];

fn check(query: &Query<'_>, found: &mut Findings) {
    let made = query.made();
    query.exprs(|e| {
        let test = match &e.kind {
            ExprKind::Call(call) if call.name.text == "not" => call.args.first().and_then(address_test),
            ExprKind::Binary(b) if b.op == BinaryOp::Equal => {
                let is_false = matches!(query.constant(&b.right), Some(Value::Bool(false)));
                address_test(&b.left).filter(|_| is_false)
            }
            _ => return,
        };
        let Some(test) = test else { return };
        // the expression decides which addresses there are
        if test.args.iter().any(|argument| made.value(query, argument) == Some(Made::Extract)) {
            return;
        }
        let name = &test.name.text;
        let message = format!("{name}() is null for an IPv6 or empty address, and the negation of null is not true.");
        found.at(e.span, message).help(format!("use '{name}(…) != true' to keep such rows"));
    });
}

/// The test that an expression consists of.
fn address_test(e: &Expr) -> Option<&Call> {
    TESTS.iter().find_map(|name| call_of(plain(e), name))
}
