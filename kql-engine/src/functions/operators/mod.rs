//! Scalar operators: everything that is written between or before operands.

mod arithmetic;
mod between;
mod comparison;
mod element;
mod like;
mod logical;
mod matches_regex;
mod membership;
mod required;
mod string_match;

pub use arithmetic::{ADD, DIVIDE, MODULO, MULTIPLY, SUBTRACT};
pub use between::{BETWEEN, NOT_BETWEEN};
pub use comparison::{EQUAL, GREATER, GREATER_OR_EQUAL, LESS, LESS_OR_EQUAL, is_native};
pub use element::ELEMENT;
pub use logical::{AND, OR};
pub use matches_regex::{compiled, pattern_of};
pub use required::{keeps_letters, required_texts, texts_required_by};

use crate::registry::ScalarFunction;
use arrow::buffer::BooleanBuffer;
use kql_parser::ast::{BinaryOp, InOp, UnaryOp};

/// Whether an operator states something, as `has` does, or denies it, as `!has` does.
#[derive(Clone, Copy, PartialEq)]
enum Polarity {
    Positive,
    Negative,
}

impl Polarity {
    /// The result where the positive operator returns `found`.
    fn of(self, found: bool) -> bool {
        found == (self == Polarity::Positive)
    }

    /// The results of all rows.
    fn of_all(self, found: BooleanBuffer) -> BooleanBuffer {
        match self {
            Polarity::Positive => found,
            Polarity::Negative => !&found,
        }
    }
}

/// All scalar operators.
pub static ALL: &[&ScalarFunction] = &[
    &logical::AND,
    &logical::OR,
    &comparison::EQUAL,
    &comparison::NOT_EQUAL,
    &comparison::LESS,
    &comparison::LESS_OR_EQUAL,
    &comparison::GREATER,
    &comparison::GREATER_OR_EQUAL,
    &arithmetic::ADD,
    &arithmetic::SUBTRACT,
    &arithmetic::MULTIPLY,
    &arithmetic::DIVIDE,
    &arithmetic::MODULO,
    &arithmetic::MINUS,
    &arithmetic::PLUS,
    &string_match::EQUAL_TILDE,
    &string_match::BANG_TILDE,
    &string_match::HAS,
    &string_match::NOT_HAS,
    &string_match::HAS_CS,
    &string_match::NOT_HAS_CS,
    &string_match::HASPREFIX,
    &string_match::NOT_HASPREFIX,
    &string_match::HASPREFIX_CS,
    &string_match::NOT_HASPREFIX_CS,
    &string_match::HASSUFFIX,
    &string_match::NOT_HASSUFFIX,
    &string_match::HASSUFFIX_CS,
    &string_match::NOT_HASSUFFIX_CS,
    &string_match::CONTAINS,
    &string_match::NOT_CONTAINS,
    &string_match::CONTAINS_CS,
    &string_match::NOT_CONTAINS_CS,
    &string_match::STARTSWITH,
    &string_match::NOT_STARTSWITH,
    &string_match::STARTSWITH_CS,
    &string_match::NOT_STARTSWITH_CS,
    &string_match::ENDSWITH,
    &string_match::NOT_ENDSWITH,
    &string_match::ENDSWITH_CS,
    &string_match::NOT_ENDSWITH_CS,
    &like::LIKE,
    &like::NOT_LIKE,
    &like::LIKE_CS,
    &like::NOT_LIKE_CS,
    &matches_regex::MATCHES_REGEX,
    &membership::IN,
    &membership::NOT_IN,
    &membership::IN_CS,
    &membership::NOT_IN_CS,
    &membership::HAS_ANY,
    &membership::HAS_ALL,
    &between::BETWEEN,
    &between::NOT_BETWEEN,
    &element::ELEMENT,
];

/// The function of an infix operator.
pub fn binary(op: BinaryOp) -> &'static ScalarFunction {
    use BinaryOp as B;
    match op {
        B::Or => &logical::OR,
        B::And => &logical::AND,
        B::Equal => &comparison::EQUAL,
        B::NotEqual => &comparison::NOT_EQUAL,
        B::LessThan => &comparison::LESS,
        B::LessThanOrEqual => &comparison::LESS_OR_EQUAL,
        B::GreaterThan => &comparison::GREATER,
        B::GreaterThanOrEqual => &comparison::GREATER_OR_EQUAL,
        B::Add => &arithmetic::ADD,
        B::Subtract => &arithmetic::SUBTRACT,
        B::Multiply => &arithmetic::MULTIPLY,
        B::Divide => &arithmetic::DIVIDE,
        B::Modulo => &arithmetic::MODULO,
        B::EqualTilde => &string_match::EQUAL_TILDE,
        B::BangTilde => &string_match::BANG_TILDE,
        B::Has => &string_match::HAS,
        B::NotHas => &string_match::NOT_HAS,
        B::HasCs => &string_match::HAS_CS,
        B::NotHasCs => &string_match::NOT_HAS_CS,
        B::HasPrefix => &string_match::HASPREFIX,
        B::NotHasPrefix => &string_match::NOT_HASPREFIX,
        B::HasPrefixCs => &string_match::HASPREFIX_CS,
        B::NotHasPrefixCs => &string_match::NOT_HASPREFIX_CS,
        B::HasSuffix => &string_match::HASSUFFIX,
        B::NotHasSuffix => &string_match::NOT_HASSUFFIX,
        B::HasSuffixCs => &string_match::HASSUFFIX_CS,
        B::NotHasSuffixCs => &string_match::NOT_HASSUFFIX_CS,
        B::Contains => &string_match::CONTAINS,
        B::NotContains => &string_match::NOT_CONTAINS,
        B::ContainsCs => &string_match::CONTAINS_CS,
        B::NotContainsCs => &string_match::NOT_CONTAINS_CS,
        B::StartsWith => &string_match::STARTSWITH,
        B::NotStartsWith => &string_match::NOT_STARTSWITH,
        B::StartsWithCs => &string_match::STARTSWITH_CS,
        B::NotStartsWithCs => &string_match::NOT_STARTSWITH_CS,
        B::EndsWith => &string_match::ENDSWITH,
        B::NotEndsWith => &string_match::NOT_ENDSWITH,
        B::EndsWithCs => &string_match::ENDSWITH_CS,
        B::NotEndsWithCs => &string_match::NOT_ENDSWITH_CS,
        B::Like => &like::LIKE,
        B::NotLike => &like::NOT_LIKE,
        B::LikeCs => &like::LIKE_CS,
        B::NotLikeCs => &like::NOT_LIKE_CS,
        B::MatchesRegex => &matches_regex::MATCHES_REGEX,
    }
}

/// The function of a prefix operator.
pub fn unary(op: UnaryOp) -> &'static ScalarFunction {
    match op {
        UnaryOp::Minus => &arithmetic::MINUS,
        UnaryOp::Plus => &arithmetic::PLUS,
    }
}

/// Whether a function tests whether a value is in a list: its kernel has all items that are constants.
pub fn is_membership(function: &ScalarFunction) -> bool {
    use membership::{HAS_ALL, HAS_ANY, IN, IN_CS, NOT_IN, NOT_IN_CS};
    [&IN, &NOT_IN, &IN_CS, &NOT_IN_CS, &HAS_ANY, &HAS_ALL].contains(&function)
}

/// The function of an operator with a list.
pub fn membership(op: InOp) -> &'static ScalarFunction {
    match op {
        InOp::In => &membership::IN,
        InOp::NotIn => &membership::NOT_IN,
        InOp::InCs => &membership::IN_CS,
        InOp::NotInCs => &membership::NOT_IN_CS,
        InOp::HasAny => &membership::HAS_ANY,
        InOp::HasAll => &membership::HAS_ALL,
    }
}
