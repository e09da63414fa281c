//! `make-series n = count() default=0 on t from a to b step 1h by c`

use crate::ast::{MakeSeries, MakeSeriesAggregate, MakeSeriesRange, OperatorKind};
use crate::combinators::{PARENS, bracketed, comma_list, opt_after, quiet_word, spanned, token, word};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cut, opt};
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let on = preceded(word("on", Want::On), expression::named);
    let by = opt_after("by", Want::By, comma_list(expression::named));
    (parameter::parameters(&["kind"]), comma_list(aggregate), on, range, by.map(Option::unwrap_or_default))
        .map(|(parameters, aggregates, on, range, by)| {
            OperatorKind::MakeSeries(Box::new(MakeSeries { parameters, aggregates, on, range, by }))
        })
        .parse(i)
}

fn aggregate(i: Tokens) -> Parsed<MakeSeriesAggregate> {
    let assign = token(Kind::Assign, Want::Assign);
    let default = opt(preceded(quiet_word("default"), cut(preceded(assign, expression::named))));
    (expression::named, default).map(|(expr, default)| MakeSeriesAggregate { expr, default }).parse(i)
}

/// `in range(a, b, c)`, `from a to b step c`
fn range(i: Tokens) -> Parsed<MakeSeriesRange> {
    let points = preceded(word("range", Want::Range), spanned(bracketed(PARENS, expression::named)));
    let in_range = preceded(word("in", Want::In), cut(points));
    let steps = (
        opt_after("from", Want::From, expression::expression),
        opt_after("to", Want::To, expression::expression),
        preceded(word("step", Want::Step), expression::expression),
    );
    alt((
        in_range.map(|(points, span)| MakeSeriesRange::InRange(points, span)),
        steps.map(|(from, to, step)| MakeSeriesRange::Steps { from, to, step }),
    ))
    .parse(i)
}
