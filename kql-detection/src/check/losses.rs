//! Where rows are lost on their way through a query, and which values decided.

use kql_engine::{Leaf, LeafValue, Trace};
use kql_parser::Span;
use kql_parser::ast::{BinaryOp, Expr, ExprKind, Operator, OperatorKind, Visit, visit};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Where a row was lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    /// The number of the row in its table.
    pub row: i64,
    /// The position of the step that left it out.
    pub step: Span,
    /// The line of the query where the step begins, from 1.
    pub line: usize,
    /// The first line of the step's text.
    pub text: String,
    /// The conditions that were not true.
    pub arms: Vec<FalseArm>,
    /// Whether the step is the last one that rows can be followed to, so that it is not known what became of the row.
    pub is_unknown: bool,
    /// Other reasons: a key of a join without a partner, an operator through which rows cannot be followed.
    pub note: Option<String>,
}

/// A condition that was not true for a row.
#[derive(Clone, Debug, PartialEq)]
pub struct FalseArm {
    /// Its position in the query.
    pub at: Span,
    /// Its text.
    pub text: String,
    /// Its line in the query, from 1.
    pub line: usize,
    /// The texts of its operands and their values.
    pub values: Vec<(String, String)>,
    /// Whether it was null, not false.
    pub is_null: bool,
    /// Whether it is under `not()`, so that it had to be false and was true.
    pub negated: bool,
}

/// The steps at which a followed row was lost: one for each pipeline that it entered and did not leave. None if it reached
/// the end of every pipeline.
pub fn losses(query: &str, trace: &Trace, row: i64) -> Vec<Loss> {
    let parse = kql_parser::parse(query);
    let mut finder = Operators { found: BTreeMap::new() };
    visit(&mut finder, &parse.query);
    let mut pipelines: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, step) in trace.steps.iter().enumerate() {
        pipelines.entry(step.pipeline).or_default().push(i);
    }
    let mut found = Vec::new();
    for steps in pipelines.values_mut() {
        steps.sort_by_key(|i| trace.steps.get(*i).map(|step| step.place));
        let steps: Vec<_> = steps.iter().filter_map(|i| trace.steps.get(*i)).collect();
        let Some(last) = steps.iter().rposition(|step| step.followed.contains(&row)) else { continue };
        let Some(step) = steps.get(last + 1) else { continue };
        let text = step.span.text(query);
        let operator = finder.found.get(&(step.span.start, step.span.end));
        let mut loss = Loss {
            row,
            step: step.span,
            line: line(query, step.span.start),
            text: first_line(text),
            arms: Vec::new(),
            is_unknown: !step.can_follow,
            note: None,
        };
        if !step.can_follow {
            loss.note = Some(format!("kql why does not follow rows through `{}`", step.name));
        } else if !step.ran {
            loss.note = Some("this step did not run".to_owned());
        } else if let Some(operator) = operator {
            explain(query, trace, operator, row, &mut loss);
        }
        found.push(loss);
    }
    found.sort_by_key(|loss| loss.step.start);
    found
}

struct Operators {
    found: BTreeMap<(u32, u32), Found>,
}

/// What of an operator decides about rows.
enum Found {
    Where(Expr),
    Join(Vec<Expr>),
    Other(&'static str),
}

impl Visit for Operators {
    fn enter_operator(&mut self, operator: &Operator) -> bool {
        let found = match &operator.kind {
            OperatorKind::Where(predicate) => Found::Where(predicate.clone()),
            OperatorKind::Join(join) | OperatorKind::Lookup(join) => Found::Join(join.on.clone()),
            OperatorKind::Take(_) => Found::Other("the step returns the first rows only"),
            OperatorKind::Top(_) => Found::Other("other rows come before it"),
            OperatorKind::MvExpand(_) => Found::Other("it has no element"),
            OperatorKind::ParseWhere(_) => Found::Other("its text does not match the pattern"),
            _ => Found::Other(""),
        };
        self.found.insert((operator.span.start, operator.span.end), found);
        true
    }
}

fn explain(query: &str, trace: &Trace, operator: &Found, row: i64, loss: &mut Loss) {
    match operator {
        Found::Where(predicate) => {
            arms(query, trace, predicate, row, false, &mut loss.arms);
        }
        Found::Join(on) => loss.note = join_note(query, trace, on, row),
        Found::Other("") => {}
        Found::Other(note) => loss.note = Some((*note).to_owned()),
    }
}

/// Adds the arms of a predicate that kept a row out.
fn arms(query: &str, trace: &Trace, e: &Expr, row: i64, negated: bool, out: &mut Vec<FalseArm>) {
    match &e.kind {
        ExprKind::Parens(inner) if leaf(trace, e.span).is_none() => arms(query, trace, inner, row, negated, out),
        ExprKind::Binary(binary) if matches!(binary.op, BinaryOp::And | BinaryOp::Or) => {
            arms(query, trace, &binary.left, row, negated, out);
            arms(query, trace, &binary.right, row, negated, out);
        }
        ExprKind::Call(call) if call.name.text == "not" && leaf(trace, e.span).is_none() => {
            call.args.iter().for_each(|arg| arms(query, trace, arg, row, !negated, out));
        }
        _ => {
            let Some(values) = leaf(trace, e.span).and_then(|leaf| leaf.rows.get(&row)) else { return };
            // a row that became several passes if one of them does
            if values.iter().any(|value| passes(value, negated)) {
                return;
            }
            let Some(value) = values.first() else { return };
            let operands = value.operands.iter().map(|(at, value)| (at.text(query).to_owned(), value.clone()));
            out.push(FalseArm {
                at: e.span,
                text: first_line(e.span.text(query)),
                line: line(query, e.span.start),
                values: operands.collect(),
                is_null: value.value.is_none(),
                negated,
            });
        }
    }
}

fn passes(value: &LeafValue, negated: bool) -> bool {
    value.value == Some(!negated)
}

fn leaf(trace: &Trace, at: Span) -> Option<&Leaf> {
    trace.leaves.get(&(at.start, at.end))
}

/// Why a row has no partner, and the keys that are nearly the same.
pub(super) fn join_note(query: &str, trace: &Trace, on: &[Expr], row: i64) -> Option<String> {
    let start = on.first()?.span;
    let inside = |at: &(u32, u32)| at.0 >= start.start && at.1 <= start.end;
    let (_, keys) = trace.joins.iter().find(|(at, _)| inside(at))?;
    let (mine, others, side) = match (keys.left.followed.get(&row), keys.right.followed.get(&row)) {
        (Some(key), _) => (key.first()?, &keys.right.all, "right"),
        (None, Some(key)) => (key.first()?, &keys.left.all, "left"),
        (None, None) => return None,
    };
    let names: Vec<&str> = on.iter().map(|e| e.span.text(query)).collect();
    let mut note = format!("its key {} = '{}'", names.join(", "), mine.join("', '"));
    if others.contains(mine) {
        note.push_str(
            " has a partner, but another row with this key came first, or the kind of the join keeps no such row",
        );
        return Some(note);
    }
    let _ = write!(note, " has no partner on the {side} side");
    if others.is_empty() {
        note.push_str(", which has no rows");
    } else if let Some(near) = others.iter().find(|key| nearly(mine, key)) {
        let _ = write!(note, "; '{}' differs in case or blanks only", near.join("', '"));
    } else {
        let shown: Vec<String> = others.iter().take(3).map(|key| format!("'{}'", key.join("', '"))).collect();
        let more = if others.len() > shown.len() { ", ..." } else { "" };
        let _ = write!(note, ", which has {}{more}", shown.join(", "));
    }
    Some(note)
}

fn nearly(one: &[String], other: &[String]) -> bool {
    let plain = |text: &String| text.trim().to_lowercase();
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| plain(a) == plain(b))
}

/// The line of a byte, from 1.
pub(crate) fn line(query: &str, byte: u32) -> usize {
    query.bytes().take(byte as usize).filter(|b| *b == b'\n').count() + 1
}

/// The first line of a text, and a sign that there is more.
pub fn first_line(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default().trim_end();
    let cut: String = first.chars().take(100).collect();
    if cut.len() < first.len() || text.trim_end().contains('\n') { format!("{cut} …") } else { cut }
}

impl Loss {
    /// The loss as lines for people. `offset` is added to the lines of the query.
    pub fn lines(&self, offset: usize) -> Vec<String> {
        let mut lines = vec![format!("line {}: {}", self.line + offset, self.text)];
        for arm in &self.arms {
            let what = match (arm.negated, arm.is_null) {
                (_, true) => "is null",
                (true, false) => "is true",
                (false, false) => "is false",
            };
            let mut text = format!("  {} {what}", arm.text);
            let values: Vec<String> = arm.values.iter().map(|(name, value)| format!("{name} = '{value}'")).collect();
            if !values.is_empty() {
                let _ = write!(text, "; {}", values.join(", "));
            }
            lines.push(text);
        }
        lines.extend(self.note.iter().map(|note| format!("  {note}")));
        lines
    }
}
