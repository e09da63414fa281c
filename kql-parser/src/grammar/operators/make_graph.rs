//! `make-graph a --> b with nodes on id`, `make-graph a -- b with_node_id=i partitioned-by p (...)`

use super::graph_pattern::touching;
use super::name_length;
use crate::ast::{MakeGraph, MakeGraphNodes, MakeGraphPartition, MakeGraphTable, OperatorKind};
use crate::combinators::{comma_list, fatal, token, word};
use crate::grammar::{expression, name, parameter, pipeline};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &[])?;
    let (rest, source) = name::name(rest).map_err(fatal)?;
    let arrow = rest.span();
    let (rest, directed) = if touching(&rest, &[Kind::Minus, Kind::Minus, Kind::Greater]) {
        (rest.skip(3), true)
    } else if touching(&rest, &[Kind::Minus, Kind::Minus]) {
        (rest.skip(2), false)
    } else {
        return rest.expected(Want::Arrow).map_err(fatal);
    };
    let arrow_span = rest.from(arrow);
    let (rest, target) = name::name(rest).map_err(fatal)?;
    let (rest, nodes) = opt_nodes(rest)?;
    let (rest, partitioned_by) = opt_partition(rest)?;
    let graph = MakeGraph { parameters, source, directed, arrow_span, target, nodes, partitioned_by };
    Ok((rest, OperatorKind::MakeGraph(Box::new(graph))))
}

fn opt_nodes(i: Tokens) -> Parsed<Option<MakeGraphNodes>> {
    if i.is_word("with_node_id") {
        let (rest, _) = token(Kind::Assign, Want::Assign)(i.skip(1)).map_err(fatal)?;
        let (rest, name) = name::name(rest).map_err(fatal)?;
        return Ok((rest, Some(MakeGraphNodes::Id(name))));
    }
    if !i.is_word("with") {
        i.note(Want::With);
        return Ok((i, None));
    }
    let (rest, tables) = comma_list(table)(i.skip(1)).map_err(fatal)?;
    Ok((rest, Some(MakeGraphNodes::Tables(tables))))
}

/// `T on id`
fn table(i: Tokens) -> Parsed<MakeGraphTable> {
    let (rest, table) = expression::operand(i)?;
    let (rest, _) = word("on", Want::On)(rest).map_err(fatal)?;
    let (rest, on) = name::name(rest).map_err(fatal)?;
    Ok((rest, MakeGraphTable { table, on }))
}

/// `partitioned-by p (...)`, where it stands.
fn opt_partition(i: Tokens) -> Parsed<Option<MakeGraphPartition>> {
    let words = name_length(&i);
    if i.kind() != Kind::Word || i.skip(words).from(i.span()).text(i.text) != "partitioned-by" {
        return Ok((i, None));
    }
    let (rest, by) = expression::path(i.skip(words)).map_err(fatal)?;
    let (rest, subquery) = pipeline::subquery(rest).map_err(fatal)?;
    Ok((rest, Some(MakeGraphPartition { by, subquery })))
}
