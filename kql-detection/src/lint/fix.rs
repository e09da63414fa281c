//! Applies the edits of findings to their file.

use super::linter::Finding;
use crate::problem::Place;

/// The text with the edits of the findings, and how many findings were mended. Of two findings whose edits overlap, the
/// second one is left for the next run.
pub fn fixed(text: &str, findings: &[Finding]) -> (String, usize) {
    let mut chosen: Vec<&(Place, String)> = Vec::new();
    let mut mended = 0;
    for finding in findings {
        let Some(edits) = finding.fix.as_ref().filter(|edits| !edits.is_empty()) else { continue };
        let overlaps = |a: &Place, b: &Place| a.start < b.end && b.start < a.end || a == b;
        let is_free = edits.iter().all(|(place, _)| chosen.iter().all(|(other, _)| !overlaps(place, other)));
        let fits = edits.iter().all(|(place, _)| text.get(place.start..place.end).is_some());
        if is_free && fits {
            chosen.extend(edits);
            mended += 1;
        }
    }
    chosen.sort_by_key(|(place, _)| place.start);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (place, new) in chosen {
        out.push_str(text.get(at..place.start).unwrap_or(""));
        out.push_str(new);
        at = place.end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    (out, mended)
}
