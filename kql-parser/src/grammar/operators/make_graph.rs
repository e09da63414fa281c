//! `make-graph a --> b with nodes on id`, `make-graph a -- b with_node_id=i partitioned-by p (...)`

use super::name_length;
use crate::ast::{MakeGraph, MakeGraphNodes, MakeGraphPartition, MakeGraphTable, OperatorKind};
use crate::combinators::{comma_list, expected, opt_after, quiet_word, spanned, token, touching, word};
use crate::grammar::{expression, name, parameter, pipeline};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind::{self, Greater, Minus};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cut, value};
use nom::sequence::{preceded, separated_pair};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let arrow = alt((
        value(true, touching(&[Minus, Minus, Greater])),
        value(false, touching(&[Minus, Minus])),
        expected(Want::Arrow),
    ));
    (parameter::parameters(&[]), name::name, spanned(arrow), name::name, opt_nodes, opt_partition)
        .map(|(parameters, source, (directed, arrow_span), target, nodes, partitioned_by)| {
            let graph = MakeGraph { parameters, source, directed, arrow_span, target, nodes, partitioned_by };
            OperatorKind::MakeGraph(Box::new(graph))
        })
        .parse(i)
}

fn opt_nodes(i: Tokens) -> Parsed<Option<MakeGraphNodes>> {
    let id = preceded((quiet_word("with_node_id"), cut(token(Kind::Assign, Want::Assign))), cut(name::name));
    let tables = opt_after("with", Want::With, comma_list(table));
    alt((id.map(|id| Some(MakeGraphNodes::Id(id))), tables.map(|tables| tables.map(MakeGraphNodes::Tables)))).parse(i)
}

/// `T on id`
fn table(i: Tokens) -> Parsed<MakeGraphTable> {
    separated_pair(expression::operand, word("on", Want::On), name::name)
        .map(|(table, on)| MakeGraphTable { table, on })
        .parse(i)
}

/// `partitioned-by p (...)`, if present.
fn opt_partition(i: Tokens) -> Parsed<Option<MakeGraphPartition>> {
    let words = name_length(&i);
    if i.kind() != Kind::Word || i.skip(words).from(i.span()).text(i.text) != "partitioned-by" {
        return Ok((i, None));
    }
    (expression::path, pipeline::subquery)
        .map(|(by, subquery)| Some(MakeGraphPartition { by, subquery }))
        .parse(i.skip(words))
}
