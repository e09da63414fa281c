//! A value of a known enumeration is written in another letter case.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, plain};
use kql_parser::ast::{BinaryOp, Expr, ExprKind, InOp};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "wrong-letter-case",
    level: Level::Error,
    topic: Topic::Correctness,
    summary: "A value of a known enumeration is written in another letter case.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/wrong-letter-case.md"),
    check,
};

/// Columns of tables and their documented values. Values that are not here are not judged.
const KNOWN: [(&str, &str, &[&str]); 8] = [
    ("DeviceLogonEvents", "ActionType", &["LogonSuccess", "LogonFailed", "LogonAttempted"]),
    ("DeviceProcessEvents", "ActionType", &["ProcessCreated", "OpenProcess"]),
    ("DeviceFileEvents", "ActionType", &["FileCreated", "FileModified", "FileDeleted", "FileRenamed"]),
    (
        "DeviceNetworkEvents",
        "ActionType",
        &[
            "ConnectionSuccess",
            "ConnectionFailed",
            "ConnectionAttempt",
            "ConnectionRequest",
            "ConnectionFound",
            "ConnectionAcknowledged",
            "InboundConnectionAccepted",
            "ListeningConnectionCreated",
        ],
    ),
    (
        "DeviceRegistryEvents",
        "ActionType",
        &["RegistryKeyCreated", "RegistryKeyDeleted", "RegistryKeyRenamed", "RegistryValueSet", "RegistryValueDeleted"],
    ),
    ("SecurityAlert", "AlertSeverity", &["Informational", "Low", "Medium", "High"]),
    ("AlertInfo", "Severity", &["Informational", "Low", "Medium", "High"]),
    ("EmailEvents", "EmailDirection", &["Inbound", "Outbound", "Intra-org", "Unknown"]),
];

fn check(query: &Query<'_>, found: &mut Findings) {
    let mut look = |column: &Expr, value: &Expr| {
        let Some((table, column)) = query.table_column(plain(column)) else { return };
        let Some((.., known)) = KNOWN.iter().find(|(t, c, _)| *t == table && *c == column) else { return };
        let Some(texts) = query.texts(value) else { return };
        for text in texts.iter().filter(|text| !known.contains(&text.as_str())) {
            if let Some(right) = known.iter().find(|known| known.eq_ignore_ascii_case(text)) {
                let message = format!("'{column}' of {table} has the value '{right}', not '{text}'.");
                found.at(value.span, message).help(format!("use '{right}'"));
            }
        }
    };
    query.exprs(|e| match &e.kind {
        ExprKind::Binary(b) => {
            if matches!(b.op, BinaryOp::Equal | BinaryOp::NotEqual) {
                look(&b.left, &b.right);
            }
        }
        ExprKind::In(membership) if matches!(membership.op, InOp::InCs | InOp::NotInCs) => {
            membership.items.iter().for_each(|item| look(&membership.left, item));
        }
        _ => {}
    });
}
