//! `parse`, `parse-where`: extract columns from a text with a given pattern.
//!
//! <https://learn.microsoft.com/kusto/query/parse-operator>

use crate::bind::{Binder, Row};
use crate::extract::pattern::{Part, Pattern, PatternKind};
use crate::plan::{Expr, Node, PlanColumn, Relation};
use crate::types::ScalarType;
use kql_parser::ast::{self, ParsePartKind};
use kql_parser::codes;
use kql_parser::{Diagnostic, Span};
use std::sync::Arc;

/// What happens to rows whose text does not match the pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unmatched {
    /// `parse`: their new columns are empty.
    Keep,
    /// `parse-where`: they are dropped.
    Drop,
}

pub(super) fn bind(
    binder: &mut Binder,
    parse: &ast::Parse,
    input: Relation,
    unmatched: Unmatched,
    span: Span,
) -> Relation {
    let kind = kind(binder, parse);
    if unmatched == Unmatched::Drop && kind == PatternKind::Relaxed {
        // parse-where drops rows whose values do not convert
        binder.error(codes::INVALID_PARSE_KIND, span, "parse-where only supports kind=simple and kind=regex.");
    }
    let value = binder.expr(&parse.value, Row::of(&input));
    let input = binder.with_windows(input);
    let (parts, columns) = parts(binder, &parse.pattern);
    let pattern = match Pattern::new(&parts, kind) {
        Ok(pattern) => pattern,
        Err(error) => {
            let at = parse.pattern.first().map_or(span, |p| p.span);
            let to = parse.pattern.last().map_or(at, |p| p.span);
            binder.error(codes::INVALID_PARSE_PATTERN, at.to(to), error.to_string());
            return Relation { columns: crate::plan::replaced(&input.columns, &columns), ..input };
        }
    };
    extracted(binder, input, value, Arc::new(pattern), columns, unmatched)
}

/// The input with columns that an extractor reads from a text.
pub(super) fn extracted(
    binder: &mut Binder,
    input: Relation,
    value: Expr,
    extractor: Arc<dyn crate::plan::Extractor>,
    columns: Vec<PlanColumn>,
    unmatched: Unmatched,
) -> Relation {
    let matched = PlanColumn { id: binder.new_id(), name: String::new(), ty: ScalarType::Bool };
    let span = value.span;
    let mut node = Arc::new(Node::Extract {
        input: input.node.clone(),
        value: value.convert(ScalarType::String),
        extractor,
        columns: columns.iter().map(|c| (c.id, c.ty)).collect(),
        matched: matched.id,
    });
    if unmatched == Unmatched::Drop {
        node = Arc::new(Node::Filter { input: node, predicate: Expr::column(&matched, span) });
    }
    let columns = crate::plan::replaced(&input.columns, &columns);
    Relation { node, columns, ..input }
}

fn kind(binder: &mut Binder, parse: &ast::Parse) -> PatternKind {
    let kind = super::parameter(&parse.parameters, &["kind"]);
    if let Some((_, at)) = super::parameter(&parse.parameters, &["flags"])
        && kind.is_none_or(|(kind, _)| kind != "regex")
    {
        binder.error(codes::INVALID_PARSE_KIND, at, "flags is only allowed with kind=regex.");
    }
    match kind {
        None | Some(("simple", _)) => PatternKind::Simple,
        Some(("relaxed", _)) => PatternKind::Relaxed,
        Some(("regex", _)) => {
            let flags = super::parameter(&parse.parameters, &["flags"]).map_or("", |(flags, _)| flags);
            PatternKind::Regex(flags.to_owned())
        }
        Some((_, at)) => {
            binder.error(codes::TERM_EXPECTED, at, "Expected one of: simple, regex, relaxed");
            PatternKind::Simple
        }
    }
}

/// The parts of the pattern, and the columns in them.
fn parts(binder: &mut Binder, pattern: &[ast::ParsePart]) -> (Vec<Part>, Vec<PlanColumn>) {
    let mut parts: Vec<Part> = Vec::with_capacity(pattern.len());
    let mut columns: Vec<PlanColumn> = Vec::new();
    for part in pattern {
        match &part.kind {
            ParsePartKind::Star => {
                if parts.last() == Some(&Part::Column(ScalarType::String)) {
                    binder.report(
                        Diagnostic::error(
                            codes::AMBIGUOUS_PARSE_STAR,
                            part.span,
                            "Using * after parsing a string column is ambiguous.",
                        )
                        .with_help("add a string literal between them to mark the end of the column"),
                    );
                }
                parts.push(Part::Any);
            }
            ParsePartKind::Text(text) => {
                if text.is_empty() {
                    binder.error(
                        codes::INVALID_PARSE_PATTERN,
                        part.span,
                        "The pattern contains an empty string literal.",
                    );
                }
                parts.push(Part::Text(text.clone()));
            }
            ParsePartKind::Column(name, ty) => {
                if matches!(parts.last(), Some(Part::Any | Part::Column(_))) {
                    binder.error(
                        codes::PARSE_COLUMN_AFTER_COLUMN,
                        name.span,
                        "The column name must follow a string literal",
                    );
                }
                let ty = ty.as_ref().map_or(ScalarType::String, |ty| binder.scalar_type(ty));
                if columns.iter().any(|c| c.name == name.text) {
                    binder.already_declared(&name.text, name.span);
                    continue;
                }
                columns.push(binder.new_column(name.text.clone(), ty));
                parts.push(Part::Column(ty));
            }
        }
    }
    (parts, columns)
}
