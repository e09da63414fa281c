//! The parser's input: tokens as a nom input, and the state that all parsers of one text share.

use crate::token::{Kind, Token};
use crate::{Diagnostic, Span};
use nom::error::{ErrorKind, ParseError};
use nom::{IResult, Input, Needed};
use std::cell::{Cell, RefCell};
use std::iter::Enumerate;

/// What can be expected at a token, as a set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
#[allow(missing_docs)] // named by what is expected
pub enum Want {
    Expression,
    Name,
    Operator,
    Type,
    Literal,
    Table,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    Comma,
    Colon,
    Semicolon,
    Assign,
    Pipe,
    DotDot,
    By,
    On,
    With,
    From,
    To,
    Step,
    Typeof,
    Nulls,
    FirstLast,
    Infix,
    End,
    As,
    Of,
    In,
    Where,
    Range,
    Others,
    ScanOutput,
    Arrow,
    Edge,
    Node,
    Parameter,
    Access,
    Database,
    Pattern,
    Call,
    Kind,
    Text,
    TopNested,
    NodesEdges,
}

const WANTS: [(Want, &str); 48] = [
    (Want::Expression, "an expression"),
    (Want::Name, "a name"),
    (Want::Operator, "an operator"),
    (Want::Type, "a type"),
    (Want::Literal, "a literal"),
    (Want::Table, "a table"),
    (Want::OpenParen, "'('"),
    (Want::CloseParen, "')'"),
    (Want::OpenBracket, "'['"),
    (Want::CloseBracket, "']'"),
    (Want::OpenBrace, "'{'"),
    (Want::CloseBrace, "'}'"),
    (Want::Comma, "','"),
    (Want::Colon, "':'"),
    (Want::Assign, "'='"),
    (Want::DotDot, "'..'"),
    (Want::By, "by"),
    (Want::On, "on"),
    (Want::With, "with"),
    (Want::From, "from"),
    (Want::To, "to"),
    (Want::Step, "step"),
    (Want::Typeof, "typeof"),
    (Want::Nulls, "nulls"),
    (Want::FirstLast, "first or last"),
    (Want::As, "as"),
    (Want::Of, "of"),
    (Want::In, "in"),
    (Want::Where, "where"),
    (Want::Range, "range"),
    (Want::Others, "others"),
    (Want::ScanOutput, "all, last or none"),
    (Want::Arrow, "'-->' or '--'"),
    (Want::Edge, "an edge such as '-->' or '-[e]->'"),
    (Want::Node, "a node such as '(a)'"),
    (Want::Parameter, "a parameter"),
    (Want::Access, "access"),
    (Want::Database, "database"),
    (Want::Pattern, "a string, a column or '*'"),
    (Want::Call, "a call of a function"),
    (Want::Kind, "kind"),
    (Want::Text, "a string"),
    (Want::TopNested, "top-nested"),
    (Want::NodesEdges, "nodes or edges"),
    (Want::Infix, ""),
    (Want::Pipe, "'|'"),
    (Want::Semicolon, "';'"),
    (Want::End, "the end"),
];

/// Where parsing failed, and what was expected there. Nothing is allocated until a message is created from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Expected {
    /// Index of the token.
    pub at: u32,
    /// Bits of [`Want`].
    set: u64,
}

impl Expected {
    /// One expectation at a token.
    pub fn one(at: u32, want: Want) -> Self {
        Expected { at, set: 1 << want as u8 }
    }

    /// The farther of two failures; their union if they are at the same token.
    pub fn or(self, other: Expected) -> Expected {
        match self.at.cmp(&other.at) {
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Greater => self,
            std::cmp::Ordering::Equal => Expected { at: self.at, set: self.set | other.set },
        }
    }

    /// Whether this was expected.
    pub fn wants(self, want: Want) -> bool {
        self.set & (1 << want as u8) != 0
    }

    /// `a name, ( or ,`
    pub fn names(self) -> Vec<&'static str> {
        WANTS.iter().filter(|(w, text)| self.wants(*w) && !text.is_empty()).map(|(_, text)| *text).collect()
    }
}

/// The state that all parsers of one text share.
#[derive(Default)]
pub struct Shared {
    /// What is wrong with the text.
    pub diagnostics: RefCell<Vec<Diagnostic>>,
    /// The characters that the lexer has reported as unexpected, in order.
    pub unknown: Vec<Span>,
    /// The farthest failure, including failures of optional parts.
    pub farthest: Cell<Expected>,
}

/// A position in the tokens.
#[derive(Clone, Copy)]
pub struct Tokens<'a> {
    all: &'a [Token],
    partner: &'a [u32],
    at: usize,
    /// The text.
    pub text: &'a str,
    /// The state that all parsers share.
    pub shared: &'a Shared,
}

/// The result of our parsers.
pub type Parsed<'a, T> = IResult<Tokens<'a>, T, Expected>;

impl<'a> Tokens<'a> {
    /// The first token. `partner` contains for each bracket the index of its partner.
    pub fn new(all: &'a [Token], partner: &'a [u32], text: &'a str, shared: &'a Shared) -> Self {
        Tokens { all, partner, at: 0, text, shared }
    }

    /// The token `n` tokens further on.
    pub fn ahead(&self, n: usize) -> Token {
        let end = Token { kind: Kind::End, span: Span::empty(self.text.len() as u32) };
        self.all.get(self.at + n).copied().unwrap_or(end)
    }

    /// This token.
    pub fn token(&self) -> Token {
        self.ahead(0)
    }

    /// The kind of this token.
    pub fn kind(&self) -> Kind {
        self.token().kind
    }

    /// The position of this token.
    pub fn span(&self) -> Span {
        self.token().span
    }

    /// The text of the token `n` tokens further on.
    pub fn text_ahead(&self, n: usize) -> &'a str {
        self.ahead(n).span.text(self.text)
    }

    /// Whether this token is a word with this spelling.
    pub fn is_word(&self, word: &str) -> bool {
        self.word_ahead(0, word)
    }

    /// Whether the token `n` tokens further on is a word with this spelling.
    pub fn word_ahead(&self, n: usize, word: &str) -> bool {
        self.ahead(n).kind == Kind::Word && self.text_ahead(n) == word
    }

    /// Whether the token `n` tokens further on directly follows the token before it.
    pub fn touches(&self, n: usize) -> bool {
        n > 0 && self.ahead(n - 1).span.end == self.ahead(n).span.start
    }

    /// The token before this one; at the start, an empty end token.
    pub fn before(&self) -> Token {
        let none = Token { kind: Kind::End, span: Span::empty(0) };
        self.at.checked_sub(1).and_then(|at| self.all.get(at)).copied().unwrap_or(none)
    }

    /// Whether the token before this one is of this kind.
    pub fn follows(&self, kind: Kind) -> bool {
        self.before().kind == kind
    }

    /// The last bracket before this token that is not closed.
    pub fn unclosed(&self) -> Option<Span> {
        let opens = |kind| matches!(kind, Kind::OpenParen | Kind::OpenBracket | Kind::OpenBrace);
        let before = self.all.get(..self.at)?.iter().zip(self.partner);
        before.rev().find(|(token, partner)| opens(token.kind) && **partner == 0).map(|(token, _)| token.span)
    }

    /// The input after `n` more tokens.
    pub fn skip(self, n: usize) -> Self {
        Tokens { at: (self.at + n).min(self.all.len().saturating_sub(1)), ..self }
    }

    /// Index of this token.
    pub fn index(&self) -> u32 {
        self.at as u32
    }

    /// The distance to the partner of this bracket, in tokens.
    pub fn partner_ahead(&self) -> Option<usize> {
        let partner = *self.partner.get(self.at)? as usize;
        (partner > self.at).then(|| partner - self.at)
    }

    /// Where the last token before this one ends.
    pub fn end_before(&self) -> u32 {
        match self.at.checked_sub(1).and_then(|at| self.all.get(at)) {
            Some(token) => token.span.end,
            None => 0,
        }
    }

    /// The span from `start` to the token before this one.
    pub fn from(&self, start: Span) -> Span {
        Span::new(start.start, self.end_before().max(start.start))
    }

    /// Fails here, and records what was expected.
    pub fn expected<T>(self, want: Want) -> Parsed<'a, T> {
        Err(nom::Err::Error(self.note(want)))
    }

    /// Records that `want` was expected here.
    pub fn note(&self, want: Want) -> Expected {
        let expected = Expected::one(self.index(), want);
        self.shared.farthest.set(self.shared.farthest.get().or(expected));
        expected
    }

    /// Adds a diagnostic.
    pub fn report(&self, diagnostic: Diagnostic) {
        self.shared.diagnostics.borrow_mut().push(diagnostic);
    }
}

impl<'a> Input for Tokens<'a> {
    type Item = Token;
    type Iter = std::iter::Copied<std::slice::Iter<'a, Token>>;
    type IterIndices = Enumerate<Self::Iter>;

    fn input_len(&self) -> usize {
        self.all.len().saturating_sub(self.at)
    }

    fn take(&self, index: usize) -> Self {
        Tokens { all: self.all.get(..self.at + index).unwrap_or(self.all), ..*self }
    }

    fn take_from(&self, index: usize) -> Self {
        self.skip(index)
    }

    fn take_split(&self, index: usize) -> (Self, Self) {
        (self.take_from(index), self.take(index))
    }

    fn position<P: Fn(Self::Item) -> bool>(&self, predicate: P) -> Option<usize> {
        self.iter_elements().position(predicate)
    }

    fn iter_elements(&self) -> Self::Iter {
        self.all.get(self.at..).unwrap_or(&[]).iter().copied()
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.iter_elements().enumerate()
    }

    fn slice_index(&self, count: usize) -> Result<usize, Needed> {
        if self.input_len() >= count { Ok(count) } else { Err(Needed::new(count - self.input_len())) }
    }
}

impl<'a> ParseError<Tokens<'a>> for Expected {
    fn from_error_kind(input: Tokens<'a>, _: ErrorKind) -> Self {
        Expected { at: input.index(), set: 0 }
    }

    fn append(_: Tokens<'a>, _: ErrorKind, other: Self) -> Self {
        other
    }

    fn or(self, other: Self) -> Self {
        Expected::or(self, other)
    }
}
