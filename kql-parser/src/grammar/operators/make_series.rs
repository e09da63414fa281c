//! `make-series n = count() default=0 on t from a to b step 1h by c`

use crate::ast::{MakeSeries, MakeSeriesAggregate, MakeSeriesRange, OperatorKind};
use crate::combinators::{PARENS, bracketed, comma_list, fatal, opt_word, token, word};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &["kind"])?;
    let (rest, aggregates) = comma_list(aggregate)(rest).map_err(fatal)?;
    let (rest, _) = word("on", Want::On)(rest).map_err(fatal)?;
    let (rest, on) = expression::named(rest).map_err(fatal)?;
    let (rest, range) = range(rest).map_err(fatal)?;
    let (rest, by_span) = opt_word("by", Want::By, rest);
    let (rest, by) =
        if by_span.is_some() { comma_list(expression::named)(rest).map_err(fatal)? } else { (rest, Vec::new()) };
    let series = MakeSeries { parameters, aggregates, on, range, by };
    Ok((rest, OperatorKind::MakeSeries(Box::new(series))))
}

fn aggregate(i: Tokens) -> Parsed<MakeSeriesAggregate> {
    let (rest, expr) = expression::named(i)?;
    if !rest.is_word("default") {
        return Ok((rest, MakeSeriesAggregate { expr, default: None }));
    }
    let (rest, _) = token(Kind::Assign, Want::Assign)(rest.skip(1)).map_err(fatal)?;
    let (rest, default) = expression::named(rest).map_err(fatal)?;
    Ok((rest, MakeSeriesAggregate { expr, default: Some(default) }))
}

fn range(i: Tokens) -> Parsed<MakeSeriesRange> {
    if i.is_word("in") {
        let (rest, _) = word("range", Want::Range)(i.skip(1)).map_err(fatal)?;
        let (rest, (points, span)) = bracketed(PARENS.0, PARENS.1, expression::named)(rest).map_err(fatal)?;
        return Ok((rest, MakeSeriesRange::InRange(points, span)));
    }
    i.note(Want::In);
    let (rest, from) = opt_after("from", Want::From, i)?;
    let (rest, to) = opt_after("to", Want::To, rest)?;
    let (rest, _) = word("step", Want::Step)(rest)?;
    let (rest, step) = expression::expression(rest).map_err(fatal)?;
    Ok((rest, MakeSeriesRange::Steps { from, to, step }))
}

/// The expression after a word, where the word stands.
fn opt_after<'a>(text: &'static str, want: Want, i: Tokens<'a>) -> Parsed<'a, Option<crate::ast::Expr>> {
    let (rest, found) = opt_word(text, want, i);
    if found.is_none() {
        return Ok((rest, None));
    }
    let (rest, e) = expression::expression(rest).map_err(fatal)?;
    Ok((rest, Some(e)))
}
