//! The items of lists that are written in `dynamic([...])`: the tree has their values, the tokens have their places.

use kql_parser::{Kind, Span, Token};

/// The places of the items of a list within `span`, which holds `dynamic([...])`; empty if it holds something else.
pub(super) fn items(tokens: &[Token], span: Span) -> Vec<Span> {
    let first = tokens.partition_point(|t| t.span.start < span.start);
    let inside =
        tokens.get(first..).unwrap_or(&[]).iter().take_while(|t| t.span.end <= span.end && t.kind != Kind::End);
    let mut inside = inside.skip_while(|t| matches!(t.kind, Kind::Word | Kind::OpenParen));
    if inside.next().is_none_or(|t| t.kind != Kind::OpenBracket) {
        return Vec::new();
    }
    let (mut items, mut item, mut depth) = (Vec::new(), None::<Span>, 0);
    for token in inside {
        match token.kind {
            Kind::Comma if depth == 0 => {
                items.extend(item.take());
                continue;
            }
            Kind::CloseBracket if depth == 0 => break,
            Kind::OpenBracket | Kind::OpenBrace | Kind::OpenParen => depth += 1,
            Kind::CloseBracket | Kind::CloseBrace | Kind::CloseParen => depth -= 1,
            _ => {}
        }
        item = Some(item.map_or(token.span, |i| i.to(token.span)));
    }
    items.extend(item);
    items
}

/// The range to remove for each item, with one of the commas beside it; none if there is one item only.
pub(super) fn removals(items: &[Span]) -> Vec<(Span, Span)> {
    let mut out = Vec::with_capacity(items.len());
    for (n, item) in items.iter().enumerate() {
        let before = n.checked_sub(1).and_then(|n| items.get(n));
        match (items.get(n + 1), before) {
            (Some(next), _) => out.push((*item, Span::new(item.start, next.start))),
            (None, Some(before)) => out.push((*item, Span::new(before.end, item.end))),
            (None, None) => {}
        }
    }
    out
}
