//! `(a)-[e*1..3]->(b)--(c)`: what graph operators look for

use crate::ast::{GraphDirection, GraphEdge, GraphPart, GraphPattern, Name};
use crate::combinators::{fatal, token};
use crate::grammar::{expression, name};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

pub(super) fn pattern(i: Tokens) -> Parsed<GraphPattern> {
    let start = i.span();
    let (mut rest, first) = node(i)?;
    let mut parts = vec![first];
    loop {
        let edge_follows = matches!(rest.kind(), Kind::Minus | Kind::Less);
        if !edge_follows {
            rest.note(Want::Edge);
            return Ok((rest, GraphPattern { parts, span: rest.from(start) }));
        }
        let (next, edge) = edge(rest).map_err(fatal)?;
        let (next, node) = node(next).map_err(fatal)?;
        parts.push(GraphPart::Edge(edge));
        parts.push(node);
        rest = next;
    }
}

/// `(a)`, `()`
fn node(i: Tokens) -> Parsed<GraphPart> {
    let start = i.span();
    if i.kind() != Kind::OpenParen {
        return i.expected(Want::Node);
    }
    let (rest, name) = opt_name(i.skip(1))?;
    let (rest, end) = token(Kind::CloseParen, Want::CloseParen)(rest).map_err(fatal)?;
    Ok((rest, GraphPart::Node(name, start.to(end))))
}

fn opt_name(i: Tokens) -> Parsed<Option<Name>> {
    match i.kind() {
        Kind::Word | Kind::OpenBracket => {
            let (rest, name) = name::name(i).map_err(fatal)?;
            Ok((rest, Some(name)))
        }
        _ => Ok((i, None)),
    }
}

/// Whether these tokens stand here with nothing between them.
pub(super) fn touching(i: &Tokens, kinds: &[Kind]) -> bool {
    kinds.iter().enumerate().all(|(n, kind)| i.ahead(n).kind == *kind && (n == 0 || i.touches(n)))
}

/// `-->`, `<--`, `--`, `-[e]->`, `<-[e]-`, `-[e]-`
fn edge(i: Tokens) -> Parsed<GraphEdge> {
    use Kind::{CloseBracket, Greater, Less, Minus, OpenBracket};
    let start = i.span();
    let bare = |n: usize, direction| {
        let rest = i.skip(n);
        Ok((rest, GraphEdge { direction, name: None, range: None, span: rest.from(start) }))
    };
    if touching(&i, &[Minus, Minus, Greater]) {
        return bare(3, GraphDirection::Right);
    }
    if touching(&i, &[Less, Minus, Minus]) {
        return bare(3, GraphDirection::Left);
    }
    if touching(&i, &[Minus, Minus]) {
        return bare(2, GraphDirection::Any);
    }
    let (rest, left) = if touching(&i, &[Less, Minus, OpenBracket]) {
        (i.skip(3), true)
    } else if touching(&i, &[Minus, OpenBracket]) {
        (i.skip(2), false)
    } else {
        return i.expected(Want::Edge);
    };
    let (rest, name) = opt_name(rest)?;
    let (rest, range) = if rest.kind() == Kind::Star {
        let (rest, low) = expression::unary(rest.skip(1)).map_err(fatal)?;
        let (rest, _) = token(Kind::DotDot, Want::DotDot)(rest).map_err(fatal)?;
        let (rest, high) = expression::unary(rest).map_err(fatal)?;
        (rest, Some((low, high)))
    } else {
        (rest, None)
    };
    let (rest, direction) = if !left && touching(&rest, &[CloseBracket, Minus, Greater]) {
        (rest.skip(3), GraphDirection::Right)
    } else if touching(&rest, &[CloseBracket, Minus]) {
        (rest.skip(2), if left { GraphDirection::Left } else { GraphDirection::Any })
    } else {
        return rest.expected(Want::CloseBracket);
    };
    Ok((rest, GraphEdge { direction, name, range, span: rest.from(start) }))
}
