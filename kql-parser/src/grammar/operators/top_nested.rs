//! `top-nested 3 of a with others = 'rest' by count(), top-nested of b by sum(c)`

use super::{name_length, sort};
use crate::Span;
use crate::ast::{OperatorKind, TopNestedLevel};
use crate::combinators::{opt_after, token, word};
use crate::grammar::expression;
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use nom::Parser;
use nom::combinator::{cond, cut};
use nom::multi::many0;
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    // the name of the first level is that of the operator, which is already consumed
    let (rest, first) = level(i, i.end_before().saturating_sub(NAME.len() as u32))?;
    let (rest, mut others) = many0(preceded(token(Kind::Comma, Want::Comma), cut(named_level))).parse(rest)?;
    others.insert(0, first);
    Ok((rest, OperatorKind::TopNested(others)))
}

const NAME: &str = "top-nested";

/// `top-nested of b by sum(c)`
fn named_level(i: Tokens) -> Parsed<TopNestedLevel> {
    let words = name_length(&i);
    if i.skip(words).from(i.span()).text(i.text) != NAME {
        return i.expected(Want::TopNested);
    }
    level(i.skip(words), i.span().start)
}

/// `3 of a with others = 'rest' by count()`
fn level(i: Tokens, start: u32) -> Parsed<TopNestedLevel> {
    let others = preceded((word("others", Want::Others), token(Kind::Assign, Want::Assign)), expression::expression);
    let (rest, (count, of, others, by)) = (
        cond(!i.is_word("of"), expression::named),
        preceded(word("of", Want::Of), expression::named),
        opt_after("with", Want::With, others),
        preceded(word("by", Want::By), sort::key),
    )
        .parse(i)?;
    Ok((rest, TopNestedLevel { count, of, others, by, span: Span::new(start, rest.end_before()) }))
}
