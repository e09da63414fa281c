//! `find withsource=s in (A, B*) where p project a, b: long, pack(*)`

use super::search;
use crate::ast::{Find, FindColumn, FindColumnKind, FindProject, OperatorKind};
use crate::combinators::{comma_list, fatal, word};
use crate::grammar::{expression, name, parameter};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, scope) = search::opt_scope(i)?;
    let (rest, parameters) = parameter::parameters(rest, &["withsource", "with_source"])?;
    let (rest, tables) = search::opt_tables(rest)?;
    let rest = if rest.is_word("where") {
        rest.skip(1)
    } else if parameters.is_empty() && tables.is_none() {
        rest
    } else {
        word("where", Want::Where)(rest).map_err(fatal)?.0
    };
    let (rest, condition) = expression::expression(rest).map_err(fatal)?;
    let (rest, project) = if rest.is_word("project") { smart_or_columns(rest)? } else { (rest, None) };
    let (rest, project_away) = if rest.is_word("__projectAway") {
        comma_list(column)(rest.skip(1)).map_err(fatal)?
    } else {
        (rest, Vec::new())
    };
    let find = Find { scope, parameters, tables, condition, project, project_away };
    Ok((rest, OperatorKind::Find(find)))
}

/// `project a, b: long`, `project-smart`
fn smart_or_columns(i: Tokens) -> Parsed<Option<FindProject>> {
    if i.ahead(1).kind == Kind::Minus && i.touches(1) {
        let (rest, _) = word("smart", Want::Name)(i.skip(2)).map_err(fatal)?;
        return Ok((rest, Some(FindProject::Smart)));
    }
    let (rest, columns) = comma_list(column)(i.skip(1)).map_err(fatal)?;
    Ok((rest, Some(FindProject::Columns(columns))))
}

fn column(i: Tokens) -> Parsed<FindColumn> {
    let start = i.span();
    let packs = i.is_word("pack") && i.ahead(1).kind == Kind::OpenParen && i.ahead(2).kind == Kind::Star;
    let packs_all = i.is_word("pack_all") && i.ahead(1).kind == Kind::OpenParen && i.ahead(2).kind == Kind::CloseParen;
    let (rest, kind) = if packs_all {
        (i.skip(3), FindColumnKind::PackAll)
    } else if packs && i.ahead(3).kind == Kind::CloseParen {
        (i.skip(4), FindColumnKind::Pack)
    } else if i.kind() == Kind::Star {
        (i.skip(1), FindColumnKind::Star)
    } else {
        let (rest, name) = name::name(i)?;
        let (rest, ty) = name::opt_type(rest)?;
        (rest, FindColumnKind::Column(name, ty))
    };
    Ok((rest, FindColumn { kind, span: rest.from(start) }))
}
