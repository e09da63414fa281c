//! A case-sensitive comparison with a column whose values come in any letter case.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, plain};
use kql_parser::ast::{BinaryOp, Expr, ExprKind, InOp};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "mixed-case-column",
    level: Level::Note,
    topic: Topic::Correctness,
    summary: "A case-sensitive comparison with a column whose values come in any letter case.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/mixed-case-column.md"),
    check,
};

/// Names of files, programs and command lines on Windows.
const COLUMNS: [&str; 15] = [
    "FileName",
    "FolderPath",
    "ProcessCommandLine",
    "InitiatingProcessFileName",
    "InitiatingProcessCommandLine",
    "InitiatingProcessParentFileName",
    "ProcessVersionInfoOriginalFileName",
    "InitiatingProcessVersionInfoOriginalFileName",
    "PreviousFileName",
    "NewProcessName",
    "ParentProcessName",
    "CommandLine",
    "Process",
    "ProcessName",
    "RegistryKey",
];

fn check(query: &Query<'_>, found: &mut Findings) {
    let is_mixed = |e: &Expr, texts: &[String]| {
        let column = query.table_column(plain(e));
        column.is_some_and(|(table, column)| COLUMNS.contains(&column) && WINDOWS.iter().any(|t| table.starts_with(t)))
            && texts.iter().any(|text| text.chars().any(char::is_alphabetic))
    };
    query.exprs(|e| match &e.kind {
        ExprKind::Binary(b) if b.op == BinaryOp::Equal => {
            if let Some(texts) = query.texts(&b.right).filter(|texts| is_mixed(&b.left, texts)) {
                let column = b.left.span.text(query.text);
                let message =
                    format!("'{column}' has values in any letter case, but '==' finds only '{}'.", texts.join(""));
                found.at(b.left.span.to(b.right.span), message).help("use '=~'");
            }
        }
        ExprKind::In(membership)
            if membership.op == InOp::InCs
                && query.all_texts(&membership.items).is_some_and(|texts| is_mixed(&membership.left, &texts)) =>
        {
            let column = membership.left.span.text(query.text);
            let message = format!("'{column}' has values in any letter case, but 'in' compares case.");
            found.at(membership.left.span.to(membership.op_span), message).help("use 'in~'");
        }
        _ => {}
    });
}

/// The first words of the names of tables whose rows come from Windows computers.
const WINDOWS: [&str; 3] = ["Device", "SecurityEvent", "WindowsEvent"];
