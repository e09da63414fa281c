//! Which constants of a query are in which cell of its rows.

use kql_parser::ast::{
    BinaryOp, Call, Dynamic, Expr, ExprKind, In, InOp, LetValue, Literal, Statement, StatementKind, Visit, visit,
    visit_expr,
};
use std::collections::HashMap;
use std::ops::Range;

/// The shortest constant that is marked in cells of other columns than the one it is compared with.
const SHORTEST: usize = 3;

/// A constant that a query looks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    text: String,
    /// The column that it is compared with, if it is a plain column.
    column: Option<String>,
    /// The operator, as it is written.
    operator: &'static str,
    /// The line of the query, from 1.
    line: usize,
    /// Whether the cell must be the constant, and not only have it.
    whole: bool,
}

impl Term {
    /// What says where the constant comes from: `line 3: has "x"`. `first` is the line of the file where the query begins.
    pub(super) fn title(&self, first: usize) -> String {
        format!("line {}: {} \"{}\"", first + self.line - 1, self.operator, self.text)
    }
}

/// The constants that a query looks for in texts, those of negations left out.
pub(super) fn terms(query: &str) -> Vec<Term> {
    let parse = kql_parser::parse(query);
    let mut lists = Lists::default();
    visit(&mut lists, &parse.query);
    let mut finder = Finder { query, lists: lists.0, found: Vec::new() };
    visit(&mut finder, &parse.query);
    finder.found
}

/// The texts that each `let` names.
#[derive(Default)]
struct Lists(HashMap<String, Vec<String>>);

impl Visit for Lists {
    fn enter_statement(&mut self, statement: &Statement) -> bool {
        if let StatementKind::Let(l) = &statement.kind
            && let LetValue::Expr(e) = &l.value
        {
            let mut texts = Texts::default();
            if !matches!(e.kind, ExprKind::Pipeline(_)) {
                visit_expr(&mut texts, e);
            }
            self.0.insert(l.name.text.clone(), texts.0);
        }
        true
    }
}

/// The texts in an expression.
#[derive(Default)]
struct Texts(Vec<String>);

impl Visit for Texts {
    fn enter_expr(&mut self, e: &Expr) -> bool {
        match &e.kind {
            ExprKind::Literal(Literal::String(text)) => self.0.push(text.clone()),
            ExprKind::Literal(Literal::Dynamic(value)) => in_dynamic(value, &mut self.0),
            _ => {}
        }
        true
    }
}

fn in_dynamic(value: &Dynamic, texts: &mut Vec<String>) {
    match value {
        Dynamic::Array(items) => items.iter().for_each(|item| in_dynamic(item, texts)),
        Dynamic::Scalar(literal) => {
            if let Literal::String(text) = literal.as_ref() {
                texts.push(text.clone());
            }
        }
        Dynamic::Null | Dynamic::Bag(_) => {}
    }
}

struct Finder<'a> {
    query: &'a str,
    lists: HashMap<String, Vec<String>>,
    found: Vec<Term>,
}

impl Finder<'_> {
    fn add(&mut self, left: &Expr, right: &Expr, operator: &'static str, whole: bool) {
        let before = self.query.get(..right.span.start as usize).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let texts = match &bare(right).kind {
            ExprKind::Name(name) => self.lists.get(&name.text).cloned().unwrap_or_default(),
            _ => {
                let mut texts = Texts::default();
                visit_expr(&mut texts, right);
                texts.0
            }
        };
        let column = column(left);
        for text in texts.into_iter().filter(|text| !text.is_empty()) {
            let term = Term { text, column: column.clone(), operator, line, whole };
            if !self.found.contains(&term) {
                self.found.push(term);
            }
        }
    }
}

impl Visit for Finder<'_> {
    fn enter_expr(&mut self, e: &Expr) -> bool {
        use BinaryOp as B;
        match &e.kind {
            ExprKind::Call(Call { name, .. }) if name.text == "not" => return false,
            ExprKind::Binary(binary) => match binary.op {
                B::Equal | B::EqualTilde => self.add(&binary.left, &binary.right, binary.op.text(), true),
                B::Has
                | B::HasCs
                | B::HasPrefix
                | B::HasPrefixCs
                | B::HasSuffix
                | B::HasSuffixCs
                | B::Contains
                | B::ContainsCs
                | B::StartsWith
                | B::StartsWithCs
                | B::EndsWith
                | B::EndsWithCs => self.add(&binary.left, &binary.right, binary.op.text(), false),
                _ => {}
            },
            ExprKind::In(list) => {
                let In { op, left, items, .. } = list.as_ref();
                match op {
                    InOp::In | InOp::InCs => items.iter().for_each(|item| self.add(left, item, op.text(), true)),
                    InOp::HasAny | InOp::HasAll => {
                        items.iter().for_each(|item| self.add(left, item, op.text(), false));
                    }
                    InOp::NotIn | InOp::NotInCs => {}
                }
            }
            ExprKind::Match(left, right) => self.add(left, right, ":", false),
            _ => {}
        }
        true
    }
}

fn bare(e: &Expr) -> &Expr {
    match &e.kind {
        ExprKind::Parens(inner) => bare(inner),
        _ => e,
    }
}

/// The column of an expression that is one, or a function of it such as `tolower()`.
fn column(e: &Expr) -> Option<String> {
    match &bare(e).kind {
        ExprKind::Name(name) => Some(name.text.clone()),
        ExprKind::Call(call) => match call.args.as_slice() {
            [only] => column(only),
            _ => None,
        },
        _ => None,
    }
}

/// The ranges of bytes of a cell in which constants are, in order and apart, each with its term.
pub(super) fn marks<'t>(
    cell: &str,
    column: &str,
    columns: &[&str],
    terms: &'t [Term],
) -> Vec<(Range<usize>, &'t Term)> {
    let folded = folded(cell);
    let mut found: Vec<(Range<usize>, &Term)> = Vec::new();
    for term in terms {
        let applies = match &term.column {
            Some(own) if columns.contains(&own.as_str()) => own == column,
            // the column has another name in the result, or is not in it
            _ => term.text.len() >= SHORTEST,
        };
        if !applies {
            continue;
        }
        let needle = self::folded(&term.text);
        if term.whole {
            if folded == needle && !cell.is_empty() {
                found.push((0..cell.len(), term));
            }
            continue;
        }
        found.extend(folded.match_indices(&needle).map(|(at, part)| (at..at + part.len(), term)));
    }
    found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    let mut end = 0;
    found.retain(|(range, _)| {
        let is_apart = range.start >= end;
        if is_apart {
            end = range.end;
        }
        is_apart
    });
    found.retain(|(range, _)| cell.is_char_boundary(range.start) && cell.is_char_boundary(range.end));
    found
}

/// In lower case, each character with as many bytes as before.
fn folded(text: &str) -> String {
    let fold = |c: char| {
        let mut lower = c.to_lowercase();
        match (lower.next(), lower.next()) {
            (Some(one), None) if one.len_utf8() == c.len_utf8() => one,
            _ => c,
        }
    };
    text.chars().map(fold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(query: &str) -> Vec<(String, Option<String>, usize)> {
        terms(query).into_iter().map(|term| (term.text, term.column, term.line)).collect()
    }

    #[test]
    fn constants_with_their_columns() {
        let query = "let tools = dynamic(['a.exe', 'b.exe']);\nT\n| where FileName in~ (tools) and not(X has 'no')\n\
                     | where tolower(Line) has_any ('one', 'two') and Y !has 'none' and Z == 'z'";
        let expected =
            [("a.exe", "FileName", 3), ("b.exe", "FileName", 3), ("one", "Line", 4), ("two", "Line", 4), ("z", "Z", 4)];
        let expected: Vec<_> = expected.map(|(t, c, l)| (t.to_owned(), Some(c.to_owned()), l)).into();
        assert_eq!(texts(query), expected);
    }

    fn marked(cell: &str, column: &str, columns: &[&str], query: &str) -> Vec<String> {
        let terms = terms(query);
        marks(cell, column, columns, &terms).into_iter().map(|(range, _)| cell[range].to_owned()).collect()
    }

    #[test]
    fn where_they_are() {
        let columns = ["Line", "Other"];
        assert_eq!(marked("x ONE one", "Line", &columns, "T | where Line has 'one'"), ["ONE", "one"]);
        assert!(marked("x one", "Other", &columns, "T | where Line has 'one'").is_empty());
        assert_eq!(marked("x one", "Other", &columns, "T | where Gone has 'one'"), ["one"]);
        assert!(marked("x one", "Line", &columns, "T | where Line == 'one'").is_empty());
        assert_eq!(marked("İ ÄÖ", "Line", &columns, "T | where Line contains 'äö'"), ["ÄÖ"]);
        assert_eq!(marked("abcd", "Line", &columns, "T | where Line contains 'abc' or Line contains 'bcd'"), ["abc"]);
    }
}
