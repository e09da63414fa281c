//! When rules hit, as drawings.

use super::super::outcome::SEVERITIES;
use super::super::text::seconds;
use super::escape::escaped;
use super::shown::{Shown, class};
use std::fmt::Write;

/// The bars of the drawing of all rules.
const BARS: usize = 96;

/// The bars of the drawing of one rule.
const BARS_OF_RULE: usize = 160;

/// The size of the drawing of all rules.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 150.0;

/// From the first time of the hits to the last, in ticks; `None` if no hit has a time.
pub(super) fn range(hits: &[Shown]) -> Option<(i64, i64)> {
    let of = hits.iter().filter_map(|shown| Some((shown.hit.first?, shown.hit.last?)));
    of.reduce(|(a, b), (c, d)| (a.min(c), b.max(d)))
}

/// The part of the range that a time is in.
fn part(time: i64, (first, last): (i64, i64), parts: usize) -> usize {
    let span = (last as i128 - first as i128).max(1);
    let at = (time as i128 - first as i128).max(0) * parts as i128 / (span + 1);
    usize::try_from(at).unwrap_or(0).min(parts - 1)
}

/// How many rules hit in each part of the time, by severity.
pub(super) fn add(out: &mut String, hits: &[Shown]) {
    let Some(range) = range(hits) else { return };
    let mut counts = vec![[0_u32; SEVERITIES.len()]; BARS];
    for shown in hits {
        let severity = SEVERITIES.iter().position(|name| *name == shown.severity).unwrap_or(SEVERITIES.len() - 1);
        let mut last = None;
        for time in shown.hit.times.keys() {
            let at = part(*time, range, BARS);
            if last != Some(at) {
                last = Some(at);
                if let Some(count) = counts.get_mut(at).and_then(|bar| bar.get_mut(severity)) {
                    *count += 1;
                }
            }
        }
    }
    let most = counts.iter().map(|bar| bar.iter().sum::<u32>()).max().unwrap_or(1).max(1);
    let rules = if most == 1 { "one rule".to_owned() } else { format!("{most} rules") };
    let _ = write!(
        out,
        "<section class=\"chart\"><h2>Timeline</h2>\n<p class=\"ends\"><span>{rules}</span></p><svg class=\"all\" preserveAspectRatio=\"none\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"Rules that hit \
         over time, at most {rules} at once\"><line class=\"axis\" x1=\"0\" y1=\"{HEIGHT}\" x2=\"{WIDTH}\" y2=\"{HEIGHT}\"/>",
        HEIGHT + 1.0
    );
    let width = WIDTH / BARS as f64;
    for (at, bar) in counts.iter().enumerate() {
        let mut y = HEIGHT;
        for (count, name) in bar.iter().zip(SEVERITIES) {
            if *count == 0 {
                continue;
            }
            let height = f64::from(*count) / f64::from(most) * HEIGHT;
            y -= height;
            let _ = write!(
                out,
                "<rect class=\"{}\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{}: {count} {}</title></rect>",
                bar_class(name),
                at as f64 * width,
                width - 1.0,
                escaped(&seconds(start(at, range, BARS))),
                if name == "none" { "without severity" } else { name },
            );
        }
    }
    // one moment is named once
    let (first, last) = (seconds(range.0), if range.0 == range.1 { String::new() } else { seconds(range.1) });
    let _ = write!(out, "</svg>\n<p class=\"ends\"><span>{first}</span><span>{last}</span></p><ul class=\"key\">");
    for name in SEVERITIES {
        let label = if name == "none" { "No severity" } else { name };
        let _ = write!(out, "<li class=\"{}\"><i></i>{label}</li>", class(name));
    }
    out.push_str("</ul></section>\n");
}

/// The time at which a part of the range begins.
fn start(part: usize, (first, last): (i64, i64), parts: usize) -> i64 {
    let span = last as i128 - first as i128;
    i64::try_from(first as i128 + span * part as i128 / parts as i128).unwrap_or(first)
}

fn bar_class(severity: &str) -> &'static str {
    match severity {
        "High" => "b-high",
        "Medium" => "b-medium",
        "Low" => "b-low",
        "Informational" => "b-info",
        _ => "b-none",
    }
}

/// The rows of one rule in each part of the time of all hits.
pub(super) fn of_rule(out: &mut String, shown: &Shown, range: (i64, i64)) {
    let mut counts = vec![0_u64; BARS_OF_RULE];
    for (time, rows) in &shown.hit.times {
        if let Some(count) = counts.get_mut(part(*time, range, BARS_OF_RULE)) {
            *count += rows;
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return;
    }
    let (width, height) = (WIDTH / BARS_OF_RULE as f64, 34.0);
    let _ = write!(
        out,
        "<div class=\"chart\"><svg class=\"one\" preserveAspectRatio=\"none\" viewBox=\"0 0 {WIDTH} 36\" role=\"img\" aria-label=\"Rows over time\"><line class=\"axis\" x1=\"0\" y1=\"35\" x2=\"{WIDTH}\" y2=\"35\"/>"
    );
    for (at, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        // a single row is seen beside thousands
        let tall = (((*count as f64).ln_1p() / (most as f64).ln_1p()) * height).max(3.0);
        let _ = write!(
            out,
            "<rect class=\"{}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{tall:.1}\"><title>{}: {count} rows</title></rect>",
            bar_class(shown.severity),
            at as f64 * width,
            35.0 - tall,
            (width - 0.5).max(1.0),
            escaped(&seconds(start(at, range, BARS_OF_RULE)))
        );
    }
    out.push_str("</svg></div>\n");
}
