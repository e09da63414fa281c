//! Edits as a unified diff.

use super::edit::apply;
use kql_parser::Span;
use std::fmt::Write;

/// Lines shown before and after a change.
const CONTEXT: usize = 2;

pub(super) fn unified(edits: &[(Span, String)], text: &str) -> String {
    let (Some((first, _)), Some((last, _))) = (edits.first(), edits.last()) else { return String::new() };
    let (before, after) = (text.get(..first.start as usize), text.get(last.end as usize..));
    let (Some(before), Some(after)) = (before, after) else { return String::new() };
    // the whole lines that the edits touch
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = match text.get(..last.end as usize) {
        Some(all) if all.ends_with('\n') && all.len() > start => all.len(),
        _ => after.find('\n').map_or(text.len(), |at| last.end as usize + at + 1),
    };
    let moved: Vec<(Span, String)> = edits
        .iter()
        .map(|(span, new)| (Span::new(span.start - start as u32, span.end - start as u32), new.clone()))
        .collect();
    let region = text.get(start..end).unwrap_or("");
    let changed = apply(&moved, region);
    let (old, new): (Vec<&str>, Vec<&str>) = (region.lines().collect(), changed.lines().collect());
    let same_start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (old.get(same_start..).unwrap_or(&[]), new.get(same_start..).unwrap_or(&[]));
    let same_end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let removed = old_rest.get(..old_rest.len() - same_end).unwrap_or(&[]);
    let added = new_rest.get(..new_rest.len() - same_end).unwrap_or(&[]);

    let head: Vec<&str> = text.get(..start).unwrap_or("").lines().chain(old.iter().copied().take(same_start)).collect();
    let tail = old_rest.iter().copied().skip(removed.len()).chain(text.get(end..).unwrap_or("").lines());
    let tail: Vec<&str> = tail.take(CONTEXT).collect();
    let shown = head.get(head.len().saturating_sub(CONTEXT)..).unwrap_or(&[]);
    let line = head.len() - shown.len() + 1;
    let around = shown.len() + tail.len();
    let mut out = String::new();
    let _ = writeln!(out, "@@ -{line},{} +{line},{} @@", around + removed.len(), around + added.len());
    for (mark, lines) in [(' ', shown), ('-', removed), ('+', added), (' ', &tail[..])] {
        for line in lines {
            let _ = writeln!(out, "{mark}{line}");
        }
    }
    out
}
