//! `graph-to-table nodes as N with_node_id=i, edges as E with_source_id=a with_target_id=b`

use crate::ast::{GraphOutput, GraphOutputKind, OperatorKind};
use crate::combinators::{comma_list, opt_after, spanned, word};
use crate::grammar::{name, parameter};
use crate::input::{Parsed, Tokens, Want};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::value;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    comma_list(output).map(OperatorKind::GraphToTable).parse(i)
}

fn output(i: Tokens) -> Parsed<GraphOutput> {
    let kind = alt((
        value(GraphOutputKind::Nodes, word("nodes", Want::NodesEdges)),
        value(GraphOutputKind::Edges, word("edges", Want::NodesEdges)),
    ));
    let parameters = parameter::parameters(&["with_node_id", "with_source_id", "with_target_id"]);
    spanned((kind, opt_after("as", Want::As, name::name), parameters))
        .map(|((kind, name, parameters), span)| GraphOutput { kind, name, parameters, span })
        .parse(i)
}
