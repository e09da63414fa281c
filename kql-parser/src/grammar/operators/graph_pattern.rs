//! `(a)-[e*1..3]->(b)--(c)`: the patterns of graph operators

use crate::ast::{Expr, GraphDirection, GraphEdge, GraphPart, GraphPattern, Name};
use crate::combinators::{expected, quiet, spanned, token, touching};
use crate::grammar::{expression, name};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind::{self, CloseBracket, Greater, Less, Minus, OpenBracket};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cut, opt, peek, value};
use nom::multi::many0;
use nom::sequence::{delimited, preceded, separated_pair};

pub(super) fn pattern(i: Tokens) -> Parsed<GraphPattern> {
    spanned((node, many0((edge, cut(node)))))
        .map(|((first, steps), span)| {
            let mut parts = vec![first];
            steps.into_iter().for_each(|(edge, node)| parts.extend([GraphPart::Edge(edge), node]));
            GraphPattern { parts, span }
        })
        .parse(i)
}

/// `(a)`, `()`
fn node(i: Tokens) -> Parsed<GraphPart> {
    spanned(delimited(token(Kind::OpenParen, Want::Node), opt_name, cut(token(Kind::CloseParen, Want::CloseParen))))
        .map(|(name, span)| GraphPart::Node(name, span))
        .parse(i)
}

fn opt_name(i: Tokens) -> Parsed<Option<Name>> {
    match i.kind() {
        Kind::Word | Kind::OpenBracket => cut(name::name).map(Some).parse(i),
        _ => Ok((i, None)),
    }
}

/// `-->`, `<--`, `--`, `-[e]->`, `<-[e]-`, `-[e]-`
fn edge(i: Tokens) -> Parsed<GraphEdge> {
    let bare = alt((
        value(GraphDirection::Right, touching(&[Minus, Minus, Greater])),
        value(GraphDirection::Left, touching(&[Less, Minus, Minus])),
        value(GraphDirection::Any, touching(&[Minus, Minus])),
    ));
    let left = preceded(
        touching(&[Less, Minus, OpenBracket]),
        cut((
            inside,
            alt((value(GraphDirection::Left, touching(&[CloseBracket, Minus])), expected(Want::CloseBracket))),
        )),
    );
    let right_or_any = preceded(
        touching(&[Minus, OpenBracket]),
        cut((
            inside,
            alt((
                value(GraphDirection::Right, touching(&[CloseBracket, Minus, Greater])),
                value(GraphDirection::Any, touching(&[CloseBracket, Minus])),
                expected(Want::CloseBracket),
            )),
        )),
    );
    // what begins like an edge cannot be anything else
    let wrong = preceded(peek(alt((quiet(Minus), quiet(Less)))), cut(expected(Want::Edge)));
    let nothing_inside = bare.map(|direction| ((None, None), direction));
    spanned(alt((nothing_inside, left, right_or_any, wrong, expected(Want::Edge))))
        .map(|(((name, range), direction), span)| GraphEdge { direction, name, range, span })
        .parse(i)
}

/// The minimum and maximum number of edges of a path.
type Range = (Expr, Expr);

/// `e*1..3`
fn inside(i: Tokens) -> Parsed<(Option<Name>, Option<Range>)> {
    let range = separated_pair(expression::unary, token(Kind::DotDot, Want::DotDot), expression::unary);
    (opt_name, opt(preceded(quiet(Kind::Star), cut(range)))).parse(i)
}
