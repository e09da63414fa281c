//! A condition about one column, in a form that can be judged.

use crate::lint::query::{Query, call_of, name_of, plain};
use crate::mutants::mirrored;
use kql_engine::ScalarType;
use kql_parser::ast::{BinaryOp, Expr, ExprKind, InOp};
use kql_scan::text::{Case, Matcher, Mode};

/// Longer lists are not judged: each of their texts would be compared with each of another list.
const MOST_TEXTS: usize = 500;

/// A condition about one column.
#[derive(Clone, Debug)]
pub struct Test {
    /// The column.
    pub column: String,
    /// What is compared.
    pub kind: TestKind,
    /// Whether a name stands for a constant of it.
    pub has_names: bool,
    /// Whether the values are written as a list of several.
    pub is_list: bool,
}

/// What a condition compares.
#[derive(Clone, Debug)]
pub enum TestKind {
    /// A text with texts.
    Text {
        /// How.
        mode: Mode,
        /// Whether letter case counts.
        case: Case,
        /// With what.
        texts: Vec<String>,
        /// Whether all must match, not one.
        all: bool,
        /// Whether the condition is true if none matches.
        negated: bool,
    },
    /// A whole number, a time or a time span with a constant; both ends belong to the range.
    Range(i64, i64),
}

/// The condition, if it is about one column.
pub fn test(query: &Query<'_>, e: &Expr) -> Option<Test> {
    match &plain(e).kind {
        ExprKind::Binary(binary) => {
            if let Some((mode, case, negated)) = text_operator(binary.op) {
                let (left, right) = match (query.constant(&binary.left), binary.op) {
                    (Some(_), BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::EqualTilde | BinaryOp::BangTilde) => {
                        (&binary.right, &binary.left)
                    }
                    _ => (&binary.left, &binary.right),
                };
                if let Some(text) = query.text_of(right) {
                    let column = text_column(query, left)?;
                    let texts = vec![text.to_owned()];
                    let kind = TestKind::Text { mode, case, texts, all: false, negated };
                    return Some(Test { column, kind, has_names: names(right), is_list: false });
                }
            }
            range(query, binary.op, &binary.left, &binary.right)
        }
        ExprKind::In(membership) => {
            let (mode, case, negated) = match membership.op {
                InOp::In => (Mode::Equals, Case::Insensitive, false),
                InOp::NotIn => (Mode::Equals, Case::Insensitive, true),
                InOp::InCs => (Mode::Equals, Case::Sensitive, false),
                InOp::NotInCs => (Mode::Equals, Case::Sensitive, true),
                InOp::HasAny | InOp::HasAll => (Mode::Has, Case::Insensitive, false),
            };
            let column = text_column(query, &membership.left)?;
            let mut texts: Vec<String> = Vec::new();
            for text in query.all_texts(&membership.items)? {
                if texts.len() > MOST_TEXTS {
                    return None;
                }
                if !texts.contains(&text) {
                    texts.push(text);
                }
            }
            let all = membership.op == InOp::HasAll;
            let has_names = membership.items.iter().any(names);
            let kind = TestKind::Text { mode, case, texts, all, negated };
            Some(Test { column, kind, has_names, is_list: true })
        }
        ExprKind::Between(between) if !between.negated => {
            let column = number_column(query, &between.value)?;
            let (low, high) = (number(query, &between.low)?, number(query, &between.high)?);
            let has_names = names(&between.low) || names(&between.high);
            // a time span as the end of times is a length
            let both = query.ty(&between.low) == query.ty(&between.high);
            // a range that begins behind its end is the subject of another rule
            (both && low <= high).then_some(Test {
                column,
                kind: TestKind::Range(low, high),
                has_names,
                is_list: false,
            })
        }
        _ => None,
    }
}

impl Test {
    /// Whether the condition is true for a text.
    pub fn is_true_for(&self, text: &str, any_case: bool) -> Option<bool> {
        let TestKind::Text { mode, case, texts, all, negated } = &self.kind else { return None };
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let case = if any_case { Case::Insensitive } else { *case };
        let matcher = Matcher::new(&texts, *mode, case);
        let found = if *all { matcher.is_match_all(text) } else { matcher.is_match(text) };
        Some(found != *negated)
    }

    /// Whether letter case counts.
    pub fn is_case_sensitive(&self) -> bool {
        matches!(self.kind, TestKind::Text { case: Case::Sensitive, .. })
    }

    /// The texts that the column must have one of, and whether letter case counts.
    pub fn required(&self) -> Option<(&[String], Case)> {
        match &self.kind {
            TestKind::Text { mode: Mode::Equals, texts, negated: false, case, .. } => Some((texts, *case)),
            _ => None,
        }
    }

    /// The texts that the column must not have.
    pub fn excluded(&self) -> Option<Vec<String>> {
        match &self.kind {
            TestKind::Text { mode: Mode::Equals, texts, negated: true, .. } => Some(texts.clone()),
            _ => None,
        }
    }

    /// Whether both conditions are negated, and no text is what both exclude.
    pub fn are_exclusive(a: &Test, b: &Test) -> bool {
        let (
            TestKind::Text { mode, texts, negated: true, all: false, .. },
            TestKind::Text { mode: other_mode, texts: others, negated: true, all: false, .. },
        ) = (&a.kind, &b.kind)
        else {
            return false;
        };
        if mode != other_mode || texts.is_empty() || others.is_empty() {
            return false;
        }
        let lower = |texts: &[String]| -> Vec<String> { texts.iter().map(|text| text.to_lowercase()).collect() };
        let (texts, others) = (lower(texts), lower(others));
        let overlap = |a: &String, b: &String| match mode {
            Mode::Equals => a == b,
            Mode::StartsWith => a.starts_with(b.as_str()) || b.starts_with(a.as_str()),
            Mode::EndsWith => a.ends_with(b.as_str()) || b.ends_with(a.as_str()),
            Mode::Has | Mode::HasPrefix | Mode::HasSuffix | Mode::Contains => true,
        };
        texts.iter().all(|a| others.iter().all(|b| !overlap(a, b)))
    }

    /// The condition that `a or b ...` is, if all require values of the same column in the same way.
    pub fn united(tests: &[Test]) -> Option<Test> {
        let first = tests.first()?;
        let mut values = Vec::new();
        let mut united = Case::Sensitive;
        for test in tests.iter().filter(|test| test.column == first.column) {
            let (texts, case) = test.required()?;
            values.extend(texts.iter().cloned());
            if case == Case::Insensitive {
                united = case;
            }
        }
        if tests.iter().any(|test| test.column != first.column) {
            return None;
        }
        let kind = TestKind::Text { mode: Mode::Equals, case: united, texts: values, all: false, negated: false };
        let has_names = tests.iter().any(|test| test.has_names);
        Some(Test { column: first.column.clone(), kind, has_names, is_list: true })
    }
}

/// Whether a name stands for a part of a constant.
fn names(e: &Expr) -> bool {
    let mut found = false;
    crate::lint::query::scalars(e, |part| found |= matches!(part.kind, ExprKind::Name(_)));
    found
}

/// The name of a column of strings.
fn text_column(query: &Query<'_>, e: &Expr) -> Option<String> {
    let e = plain(e);
    let inner = call_of(e, "tostring").and_then(|call| call.args.first()).unwrap_or(e);
    let meaning = query.expr(inner)?;
    let is_text = meaning.ty == ScalarType::String && meaning.column.is_some();
    if is_text { name_of(inner).map(str::to_owned) } else { None }
}

/// The name of a column of whole numbers, times or time spans.
fn number_column(query: &Query<'_>, e: &Expr) -> Option<String> {
    let meaning = query.expr(plain(e))?;
    meaning.column?;
    let counted = meaning.ty.is_integer() || matches!(meaning.ty, ScalarType::Datetime | ScalarType::Timespan);
    if counted { name_of(e).map(str::to_owned) } else { None }
}

/// A constant whole number, time or time span.
fn number(query: &Query<'_>, e: &Expr) -> Option<i64> {
    let meaning = query.expr(e)?;
    let counted = meaning.ty.is_integer() || matches!(meaning.ty, ScalarType::Datetime | ScalarType::Timespan);
    if counted { meaning.constant.as_ref()?.as_long() } else { None }
}

fn range(query: &Query<'_>, op: BinaryOp, left: &Expr, right: &Expr) -> Option<Test> {
    use BinaryOp::*;
    let (column, value, op, constant) = match (number_column(query, left), number(query, right)) {
        (Some(column), Some(value)) => (column, value, op, right),
        _ => (number_column(query, right)?, number(query, left)?, mirrored(op), left),
    };
    // a column is compared with a constant of its own kind
    let (a, b) = (query.ty(left), query.ty(right));
    if a != b && !(a.is_integer() && b.is_integer()) {
        return None;
    }
    let (low, high) = match op {
        Equal => (value, value),
        GreaterThan => (value.checked_add(1)?, i64::MAX),
        GreaterThanOrEqual => (value, i64::MAX),
        LessThan => (i64::MIN, value.checked_sub(1)?),
        LessThanOrEqual => (i64::MIN, value),
        _ => return None,
    };
    Some(Test { column, kind: TestKind::Range(low, high), has_names: names(constant), is_list: false })
}

/// How an operator compares texts, and whether it is negated.
pub fn text_operator(op: BinaryOp) -> Option<(Mode, Case, bool)> {
    use BinaryOp::*;
    use Case::{Insensitive, Sensitive};
    Some(match op {
        Equal => (Mode::Equals, Sensitive, false),
        NotEqual => (Mode::Equals, Sensitive, true),
        EqualTilde => (Mode::Equals, Insensitive, false),
        BangTilde => (Mode::Equals, Insensitive, true),
        Has => (Mode::Has, Insensitive, false),
        NotHas => (Mode::Has, Insensitive, true),
        HasCs => (Mode::Has, Sensitive, false),
        NotHasCs => (Mode::Has, Sensitive, true),
        HasPrefix => (Mode::HasPrefix, Insensitive, false),
        NotHasPrefix => (Mode::HasPrefix, Insensitive, true),
        HasPrefixCs => (Mode::HasPrefix, Sensitive, false),
        NotHasPrefixCs => (Mode::HasPrefix, Sensitive, true),
        HasSuffix => (Mode::HasSuffix, Insensitive, false),
        NotHasSuffix => (Mode::HasSuffix, Insensitive, true),
        HasSuffixCs => (Mode::HasSuffix, Sensitive, false),
        NotHasSuffixCs => (Mode::HasSuffix, Sensitive, true),
        Contains => (Mode::Contains, Insensitive, false),
        NotContains => (Mode::Contains, Insensitive, true),
        ContainsCs => (Mode::Contains, Sensitive, false),
        NotContainsCs => (Mode::Contains, Sensitive, true),
        StartsWith => (Mode::StartsWith, Insensitive, false),
        NotStartsWith => (Mode::StartsWith, Insensitive, true),
        StartsWithCs => (Mode::StartsWith, Sensitive, false),
        NotStartsWithCs => (Mode::StartsWith, Sensitive, true),
        EndsWith => (Mode::EndsWith, Insensitive, false),
        NotEndsWith => (Mode::EndsWith, Insensitive, true),
        EndsWithCs => (Mode::EndsWith, Sensitive, false),
        NotEndsWithCs => (Mode::EndsWith, Sensitive, true),
        _ => return None,
    })
}
