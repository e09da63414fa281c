//! `top-nested 3 of a with others = 'rest' by count(), top-nested of b by sum(c)`

use super::{name_length, sort};
use crate::ast::{OperatorKind, TopNestedLevel};
use crate::combinators::{fatal, token, word};
use crate::grammar::expression;
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    // the name of the first level is the operator's, which is read already
    let (mut rest, first) = level(i, i.end_before().saturating_sub(NAME.len() as u32)).map_err(fatal)?;
    let mut levels = vec![first];
    while rest.kind() == Kind::Comma {
        let i = rest.skip(1);
        let words = name_length(&i);
        if i.skip(words).from(i.span()).text(i.text) != NAME {
            return i.expected(Want::TopNested).map_err(fatal);
        }
        let (next, level) = level(i.skip(words), i.span().start).map_err(fatal)?;
        levels.push(level);
        rest = next;
    }
    rest.note(Want::Comma);
    Ok((rest, OperatorKind::TopNested(levels)))
}

const NAME: &str = "top-nested";

fn level(i: Tokens, start: u32) -> Parsed<TopNestedLevel> {
    let (rest, count) = if i.is_word("of") {
        (i, None)
    } else {
        let (rest, count) = expression::named(i)?;
        (rest, Some(count))
    };
    let (rest, _) = word("of", Want::Of)(rest)?;
    let (rest, of) = expression::named(rest)?;
    let (rest, others) = if rest.is_word("with") {
        let (rest, _) = word("others", Want::Others)(rest.skip(1))?;
        let (rest, _) = token(Kind::Assign, Want::Assign)(rest)?;
        let (rest, others) = expression::expression(rest)?;
        (rest, Some(others))
    } else {
        rest.note(Want::With);
        (rest, None)
    };
    let (rest, _) = word("by", Want::By)(rest)?;
    let (rest, by) = sort::key(rest)?;
    let span = crate::Span::new(start, rest.end_before());
    Ok((rest, TopNestedLevel { count, of, others, by, span }))
}
