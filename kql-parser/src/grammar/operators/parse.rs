//! `parse kind=regex flags=U x with * 'a=' a: long *`, and `parse-where`, which is written alike

use crate::ast::{OperatorKind, Parse, ParsePart, ParsePartKind};
use crate::combinators::{fatal, word};
use crate::grammar::{expression, literal, name, parameter};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parts) = parts(i)?;
    Ok((rest, OperatorKind::Parse(parts)))
}

pub(super) fn parse_where(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parts) = parts(i)?;
    Ok((rest, OperatorKind::ParseWhere(parts)))
}

fn parts(i: Tokens) -> Parsed<Parse> {
    let (rest, parameters) = parameter::parameters(i, &["kind", "flags"])?;
    let (rest, value) = expression::expression(rest).map_err(fatal)?;
    let (mut rest, _) = word("with", Want::With)(rest).map_err(fatal)?;
    let mut pattern = Vec::new();
    loop {
        let start = rest.span();
        let (next, kind) = match rest.kind() {
            Kind::Star => (rest.skip(1), ParsePartKind::Star),
            Kind::String | Kind::Verbatim | Kind::MultiLine => {
                let (next, text) = literal::string(rest)?;
                (next, ParsePartKind::Text(text))
            }
            Kind::Word | Kind::OpenBracket => {
                let (next, name) = name::declared(rest).map_err(fatal)?;
                let (next, ty) = name::opt_type(next)?;
                (next, ParsePartKind::Column(name, ty))
            }
            _ => {
                rest.note(Want::Pattern);
                return Ok((rest, Parse { parameters, value, pattern }));
            }
        };
        pattern.push(ParsePart { kind, span: next.from(start) });
        rest = next;
    }
}
