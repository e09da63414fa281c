//! Faults in predicates.

use super::collect::{Collector, Constant};
use super::edit::cut;
use super::{MutantKind, operators};
use kql_parser::Span;
use kql_parser::ast::*;

impl Collector<'_> {
    /// An expression that is used as a condition: its arms are dropped, and its leaves negated.
    pub(super) fn condition(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Parens(inner) => self.condition(inner),
            ExprKind::Binary(b) if matches!(b.op, BinaryOp::And | BinaryOp::Or) => self.arms(e, b),
            ExprKind::Call(call) if call.name.text == "not" && call.args.len() == 1 => {
                let Some(inner) = call.args.first() else { return };
                let describes = format!("{} without 'not'", self.quote(e.span));
                self.replace(MutantKind::Negate, e.span, call.name.span, "", describes);
                let mut leaf = inner;
                while let ExprKind::Parens(next) = &leaf.kind {
                    leaf = next;
                }
                match &leaf.kind {
                    ExprKind::Binary(b) if matches!(b.op, BinaryOp::And | BinaryOp::Or) => self.condition(leaf),
                    // its negation is the same as the one without `not`
                    _ => {
                        self.settled.insert(leaf.span);
                    }
                }
            }
            _ => self.negate(e),
        }
    }

    /// The arguments of a function that are conditions.
    pub(super) fn conditions_of(&mut self, call: &Call) {
        let last = call.args.len().saturating_sub(1);
        let is_condition: fn(usize, usize) -> bool = match call.name.text.as_str() {
            "iff" | "iif" | "countif" => |n, _| n == 0,
            "case" => |n, last| n % 2 == 0 && n < last,
            "sumif" | "avgif" | "minif" | "maxif" | "dcountif" | "make_list_if" | "make_set_if" | "take_anyif" => {
                |n, _| n == 1
            }
            _ => return,
        };
        for (n, argument) in call.args.iter().enumerate() {
            if is_condition(n, last) {
                self.condition(argument);
            }
        }
    }

    fn arms(&mut self, e: &Expr, top: &Binary) {
        if !self.chained.insert(e.span) {
            return;
        }
        let mut arms = vec![(&top.right, top.op_span)];
        let mut first = &top.left;
        while let ExprKind::Binary(b) = &first.kind
            && b.op == top.op
        {
            self.chained.insert(first.span);
            arms.push((&b.right, b.op_span));
            first = &b.left;
        }
        let second = arms.last().map_or(top.op_span, |(_, op)| *op);
        self.drop_arm(first, Span::new(first.span.start, second.end));
        self.condition(first);
        for (arm, op) in arms.into_iter().rev() {
            self.drop_arm(arm, Span::new(op.start, arm.span.end));
            self.condition(arm);
        }
    }

    fn drop_arm(&mut self, arm: &Expr, place: Span) {
        let describes = format!("without {}", self.quote(arm.span));
        let edit = cut(self.text, place);
        self.add(MutantKind::DropArm, arm.span, describes, vec![edit], false);
    }

    fn negate(&mut self, e: &Expr) {
        if !self.settled.insert(e.span) {
            return;
        }
        let operator = match &e.kind {
            ExprKind::Binary(b) => operators::negated(b.op).map(|new| (b.op_span, new.text())),
            ExprKind::In(i) => operators::negated_in(i.op).map(|new| (i.op_span, new.text())),
            ExprKind::Between(b) => Some((b.op_span, if b.negated { "between" } else { "!between" })),
            ExprKind::Call(call) => opposite(&call.name.text).map(|new| (call.name.span, new)),
            ExprKind::Name(_) | ExprKind::Path(..) | ExprKind::Element(..) | ExprKind::Method(..) => None,
            _ => return,
        };
        let describes = format!("{} negated", self.quote(e.span));
        match operator {
            Some((place, new)) => self.replace_operator(MutantKind::Negate, e.span, place, new, describes),
            None => {
                let brackets =
                    vec![(Span::empty(e.span.start), "not(".to_string()), (Span::empty(e.span.end), ")".to_string())];
                let before = self.text.get(..e.span.start as usize).and_then(|t| t.chars().next_back());
                let touches = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
                self.add(MutantKind::Negate, e.span, describes, brackets, touches);
            }
        }
    }

    /// The faults of `a op b`, if it is a predicate.
    pub(super) fn comparison(&mut self, e: &Expr, b: &Binary) {
        use BinaryOp::*;
        if matches!(b.op, Add | Subtract | Multiply | Divide | Modulo) {
            return;
        }
        self.leaves.push(e.span);
        self.negate(e);
        let (left, right) = (self.constant(&b.left), self.constant(&b.right));
        let needle = match (&left, &right) {
            (_, Constant::Text(text)) | (Constant::Text(text), _) => Some(text.clone()),
            _ => None,
        };
        let tests_text = needle.is_some() || !matches!(b.op, Equal | NotEqual);
        if let Some(other) = operators::other_case(b.op)
            && tests_text
            && needle.as_ref().is_none_or(|needle| case_matters(&b.left, std::slice::from_ref(needle)))
        {
            self.swap(MutantKind::Case, e, b.op_span, other.text());
        }
        if let Some(other) = operators::other_term(b.op)
            && needle.as_ref().is_none_or(|needle| term_matters(b.op, needle))
        {
            self.swap(MutantKind::Term, e, b.op_span, other.text());
        }
        self.threshold(e, b, &left, &right);
    }

    fn swap(&mut self, kind: MutantKind, e: &Expr, op: Span, new: &str) {
        let describes = format!("'{new}' for '{}' in {}", op.text(self.text), self.quote(e.span));
        self.replace_operator(kind, e.span, op, new, describes);
    }

    fn threshold(&mut self, e: &Expr, b: &Binary, left: &Constant, right: &Constant) {
        let (number, op) = match (left, right) {
            (_, Constant::Number(n, place)) => (Some((*n, *place)), b.op),
            (Constant::Number(n, place), _) => (Some((*n, *place)), operators::mirrored(b.op)),
            _ => (None, b.op),
        };
        if let Some((other, _)) = operators::boundary(b.op) {
            self.swap(MutantKind::Threshold, e, b.op_span, other.text());
        }
        let step = match (operators::boundary(op), op) {
            (Some((_, step)), _) => step,
            (None, BinaryOp::Equal | BinaryOp::NotEqual) => 1,
            _ => return,
        };
        if let Some((n, place)) = number {
            self.shift(e, n, place, step);
        }
    }

    fn shift(&mut self, e: &Expr, n: i64, place: Span, step: i64) {
        // what is compared with 0 is a count more often than not, and no count is less than 0
        if n == 0 && step < 0 {
            return;
        }
        if let Some(new) = n.checked_add(step) {
            let describes = format!("{new} for {n} in {}", self.quote(e.span));
            self.replace(MutantKind::Threshold, e.span, place, &new.to_string(), describes);
        }
    }

    /// The faults of `a in (...)`; those of a list within are found on the way.
    pub(super) fn membership(&mut self, e: &Expr, i: &In) {
        self.negate(e);
        let (mut texts, mut known, mut can_drop) = (Vec::new(), true, i.items.len() > 1);
        let items: Vec<Span> = i.items.iter().map(|item| item.span).collect();
        self.drop_items(&items);
        for item in &i.items {
            match self.constant(item) {
                Constant::Text(text) => texts.push(text),
                Constant::List(list) => {
                    can_drop |= list.places.len() > 1;
                    texts.extend(list.texts.iter().cloned());
                }
                Constant::Number(..) | Constant::Time(..) => {}
                Constant::Other => known &= matches!(item.kind, ExprKind::Literal(_)),
            }
        }
        if let Some(other) = operators::other_case_in(i.op)
            && (!known || case_matters(&i.left, &texts))
        {
            self.swap(MutantKind::Case, e, i.op_span, other.text());
        }
        let other = match i.op {
            InOp::HasAny => InOp::HasAll,
            InOp::HasAll => InOp::HasAny,
            _ => return,
        };
        // with the items at hand, a test for each of them also decides between any and all
        if !can_drop && !known {
            self.swap(MutantKind::AnyAll, e, i.op_span, other.text());
        }
    }

    /// The faults of `a between (b .. c)`.
    pub(super) fn range(&mut self, e: &Expr, b: &Between) {
        self.negate(e);
        for bound in [&b.low, &b.high] {
            if let Constant::Number(n, place) = self.constant(bound) {
                self.shift(e, n, place, -1);
                self.shift(e, n, place, 1);
            }
        }
    }
}

/// The function that is true where this one is false.
fn opposite(function: &str) -> Option<&'static str> {
    Some(match function {
        "isempty" => "isnotempty",
        "isnotempty" | "notempty" => "isempty",
        "isnull" => "isnotnull",
        "isnotnull" | "notnull" => "isnull",
        _ => return None,
    })
}

/// Whether letter case can decide a comparison with these texts.
fn case_matters(left: &Expr, texts: &[String]) -> bool {
    let function = match &left.kind {
        ExprKind::Call(call) => call.name.text.as_str(),
        _ => "",
    };
    texts.iter().any(|text| match function {
        "tolower" => text.chars().any(char::is_uppercase),
        "toupper" => text.chars().any(char::is_lowercase),
        _ => text.chars().any(char::is_alphabetic),
    })
}

/// Whether a text can be found as a part where it is not found as a term.
fn term_matters(op: BinaryOp, needle: &str) -> bool {
    use BinaryOp::*;
    match op {
        // a term needs an end only where the text itself ends with a letter or a digit
        Has | NotHas | HasCs | NotHasCs | Contains | NotContains | ContainsCs | NotContainsCs => {
            needle.starts_with(char::is_alphanumeric) || needle.ends_with(char::is_alphanumeric)
        }
        _ => !needle.is_empty(),
    }
}
