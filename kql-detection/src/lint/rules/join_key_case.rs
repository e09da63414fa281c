//! A join compares a key in lower case with one as it comes.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, call_of, name_of, named, plain};
use kql_parser::ast::{Expr, ExprKind, Operator, OperatorKind};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "join-key-case",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "A join compares a key in lower case with one as it comes.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/join-key-case.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.pipelines(|pipeline| {
        for (place, operator) in pipeline.operators.iter().enumerate() {
            let OperatorKind::Join(join) = &operator.kind else { continue };
            let ExprKind::Pipeline(right) = &plain(&join.right).kind else { continue };
            let before = pipeline.operators.get(..place).unwrap_or_default();
            for key in &join.on {
                let Some((left_name, right_name)) = keys(key) else { continue };
                let sides = (origin(before, left_name), origin(&right.operators, right_name));
                let is_mixed = match sides {
                    (Origin::Folded, Origin::AsIs(name)) | (Origin::AsIs(name), Origin::Folded) => {
                        !name.to_lowercase().contains("sha") && !name.to_lowercase().contains("md5")
                    }
                    _ => false,
                };
                if is_mixed {
                    found
                        .at(key.span, "One side of this key is changed to one letter case, the other is as it comes.")
                        .help("use tolower() on both sides");
                }
            }
        }
    });
}

/// Where the value of a column comes from.
enum Origin<'e> {
    /// Letter case was changed.
    Folded,
    /// It is another column, with letters as they are in the data.
    AsIs(&'e str),
    /// Not known.
    Unknown,
}

fn origin<'e>(operators: &'e [Operator], name: &str) -> Origin<'e> {
    for operator in operators.iter().rev() {
        let list = match &operator.kind {
            OperatorKind::Extend(list) | OperatorKind::Project(list) => list,
            OperatorKind::Summarize(summarize) => &summarize.by,
            OperatorKind::Where(_) | OperatorKind::Sort(_) | OperatorKind::Distinct(_) | OperatorKind::Take(_) => {
                continue;
            }
            _ => return Origin::Unknown,
        };
        let value = list.iter().find_map(|e| match named(e) {
            (Some(given), value) if given.text == name => Some(value),
            _ => None,
        });
        if let Some(value) = value {
            return if call_of(value, "tolower").is_some() || call_of(value, "toupper").is_some() {
                Origin::Folded
            } else {
                name_of(value).map_or(Origin::Unknown, Origin::AsIs)
            };
        }
    }
    Origin::Unknown
}

/// The columns of a key: left, right.
fn keys(e: &Expr) -> Option<(&str, &str)> {
    match &plain(e).kind {
        ExprKind::Name(name) => Some((&name.text, &name.text)),
        ExprKind::Binary(b) => {
            let side = |e: &'_ Expr| match &plain(e).kind {
                ExprKind::Path(base, _) => name_of(base).map(|base| base == "$left"),
                _ => None,
            };
            let (first, second) = (column(&b.left)?, column(&b.right)?);
            Some(if side(&b.left)? { (first, second) } else { (second, first) })
        }
        _ => None,
    }
}

fn column(e: &Expr) -> Option<&str> {
    match &plain(e).kind {
        ExprKind::Path(_, name) => Some(&name.text),
        _ => None,
    }
}
