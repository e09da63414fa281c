//! `find withsource=s in (A, B*) where p project a, b: long, pack(*)`

use super::search;
use crate::ast::{Find, FindColumn, FindColumnKind, FindProject, OperatorKind};
use crate::combinators::{comma_list, quiet, quiet_word, spanned, word};
use crate::grammar::{expression, name, parameter};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cut, opt, value};
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, (scope, parameters, tables)) =
        (search::opt_scope, parameter::parameters(&["withsource", "with_source"]), search::opt_tables).parse(i)?;
    // `find p` does not need `where`
    let (rest, _) = if parameters.is_empty() && tables.is_none() {
        opt(quiet_word("where")).parse(rest)?
    } else {
        word("where", Want::Where).map(Some).parse(rest)?
    };
    let project = opt(preceded(quiet_word("project"), cut(smart_or_columns)));
    let away = opt(preceded(quiet_word("__projectAway"), comma_list(column)));
    let (rest, (condition, project, project_away)) =
        (expression::expression, project, away.map(Option::unwrap_or_default)).parse(rest)?;
    let find = Find { scope, parameters, tables, condition, project, project_away };
    Ok((rest, OperatorKind::Find(find)))
}

/// `a, b: long` or `-smart`, after `project`
fn smart_or_columns(i: Tokens) -> Parsed<FindProject> {
    if i.kind() == Kind::Minus && i.before().span.end == i.span().start {
        return value(FindProject::Smart, word("smart", Want::Name)).parse(i.skip(1));
    }
    comma_list(column).map(FindProject::Columns).parse(i)
}

fn column(i: Tokens) -> Parsed<FindColumn> {
    let (open, close) = (quiet(Kind::OpenParen), quiet(Kind::CloseParen));
    let pack_all = (quiet_word("pack_all"), &open, &close);
    let pack = (quiet_word("pack"), &open, quiet(Kind::Star), &close);
    spanned(alt((
        value(FindColumnKind::PackAll, pack_all),
        value(FindColumnKind::Pack, pack),
        value(FindColumnKind::Star, quiet(Kind::Star)),
        (name::name, name::opt_type).map(|(name, ty)| FindColumnKind::Column(name, ty)),
    )))
    .map(|(kind, span)| FindColumn { kind, span })
    .parse(i)
}
