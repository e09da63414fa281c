//! `graph-to-table nodes as N with_node_id=i, edges as E with_source_id=a with_target_id=b`

use crate::ast::{GraphOutput, GraphOutputKind, OperatorKind};
use crate::combinators::{comma_list, fatal, opt_word};
use crate::grammar::{name, parameter};
use crate::input::{Parsed, Tokens, Want};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, outputs) = comma_list(output)(i).map_err(fatal)?;
    Ok((rest, OperatorKind::GraphToTable(outputs)))
}

fn output(i: Tokens) -> Parsed<GraphOutput> {
    let start = i.span();
    let kind = match i.text_ahead(0) {
        "nodes" => GraphOutputKind::Nodes,
        "edges" => GraphOutputKind::Edges,
        _ => return i.expected(Want::NodesEdges),
    };
    let (rest, as_span) = opt_word("as", Want::As, i.skip(1));
    let (rest, name) = if as_span.is_some() {
        let (rest, name) = name::name(rest).map_err(fatal)?;
        (rest, Some(name))
    } else {
        (rest, None)
    };
    let (rest, parameters) = parameter::parameters(rest, &["with_node_id", "with_source_id", "with_target_id"])?;
    Ok((rest, GraphOutput { kind, name, parameters, span: rest.from(start) }))
}
