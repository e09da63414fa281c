//! Vertical and horizontal bars of block characters.

use super::{HEIGHT, MAX_NAME, Screen, legend, mark, side};
use crate::chart::scale::{Scale, category_times, short, shown};
use crate::chart::{Kind, Plot, Positions, Stacking, cut};

/// Characters filled from the left; the index is the number of eighths.
const FROM_LEFT: [char; 9] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
/// Characters filled from below; the index is the number of eighths.
const FROM_BELOW: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The maximum number of horizontal bars: the table below shows the rest.
const MAX_LINES: usize = 60;

pub fn draw(plot: &Plot, screen: Screen, out: &mut String) {
    let names = match &plot.x {
        Positions::Categories(_, Some(times)) => category_times(times),
        Positions::Categories(names, None) => names.clone(),
        Positions::Continuous(_) => return,
    };
    let fixed = plot.y.fixed();
    let scale = Scale::rounded(plot.y.unit, plot.y_range(), fixed, plot.y.spacing, 5);
    let abreast = if plot.stacking == Stacking::Unstacked { plot.series.len().max(1) } else { 1 };
    let (labels, margin) = side(&scale, HEIGHT);
    let width = screen.width.saturating_sub(margin + 3).max(10);
    // a blank between the bars of two positions
    let room = width / names.len().max(1);
    let upright = plot.kind == Kind::Column && room > abreast && plot.stacking == Stacking::Unstacked;
    if upright && scale.low >= 0.0 {
        standing(plot, screen, &scale, &names, (&labels, margin, room.min(abreast * 8 + 2)), out);
    } else {
        lying(plot, screen, &scale, &names, out);
    }
    legend(plot, screen, out);
}

/// The value of each position of a series.
fn values(plot: &Plot, places: usize) -> Vec<Vec<Option<(f64, f64)>>> {
    let of = |series: &crate::chart::Series| {
        let mut values = vec![None; places];
        for point in &series.points {
            if let (Some(slot), Some(y)) = (values.get_mut(point.x as usize), point.y) {
                *slot = Some((point.base, y));
            }
        }
        values
    };
    plot.series.iter().map(of).collect()
}

fn standing(
    plot: &Plot,
    screen: Screen,
    scale: &Scale,
    names: &[String],
    (labels, margin, room): (&[String], usize, usize),
    out: &mut String,
) {
    let values = values(plot, names.len());
    let wide = ((room - 1) / plot.series.len().max(1)).max(1);
    for (line, label) in labels.iter().enumerate() {
        let axis = if label.is_empty() { '│' } else { '┤' };
        out.push_str(&format!("{label:>margin$} {axis}"));
        let mut text = String::new();
        for place in 0..names.len() {
            let mut used = 0;
            for (i, series) in values.iter().enumerate() {
                let part = series.get(place).copied().flatten().map_or(0.0, |(_, y)| scale.clamped(y));
                let eighths = part * (HEIGHT * 8) as f64 - ((HEIGHT - 1 - line) * 8) as f64;
                // a positive value is visible, however small
                let least = if line + 1 == HEIGHT && part > 0.0 { 1.0 } else { 0.0 };
                let eighths = eighths.clamp(least, 8.0).round() as usize;
                let block = match FROM_BELOW.get(eighths) {
                    Some('█') => mark(i, screen).to_owned(),
                    block => block.copied().unwrap_or(' ').to_string(),
                };
                let blocks = block.repeat(wide);
                text.push_str(&if eighths == 0 { blocks } else { screen.paint(i, &blocks) });
                used += wide;
            }
            text.push_str(&" ".repeat(room.saturating_sub(used)));
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out.push_str(&format!("{:margin$} └{}\n", "", "─".repeat(room * names.len())));
    // a name that does not fit takes the room of the names after it, which are omitted
    let longest = names.iter().map(|n| n.chars().count()).max().unwrap_or(0).min(16) + 1;
    let each = longest.div_ceil(room).max(1);
    let mut line = String::new();
    for name in names.iter().step_by(each) {
        let cell = room * each;
        line.push_str(&format!("{:<cell$}", cut(name, (cell - 1).max(1))));
    }
    out.push_str(format!("{:margin$}  {line}", "").trim_end());
    out.push('\n');
}

/// The start and end of a part of a line, in eighths of a character.
fn segment(from: f64, to: f64, width: usize) -> (usize, usize) {
    let eighth = |part: f64| (part * (width * 8) as f64).round() as usize;
    (eighth(from.min(to)), eighth(from.max(to)))
}

fn lying(plot: &Plot, screen: Screen, scale: &Scale, names: &[String], out: &mut String) {
    let values = values(plot, names.len());
    let margin = names.iter().map(|n| n.chars().count()).max().unwrap_or(0).min(MAX_NAME);
    let width = screen.width.saturating_sub(margin + 15).max(10);
    let zero = scale.clamped(0.0);
    let side_by_side = plot.stacking == Stacking::Unstacked;
    for (place, name) in names.iter().enumerate().take(MAX_LINES) {
        let name = cut(name, MAX_NAME);
        if side_by_side {
            for (i, series) in values.iter().enumerate() {
                let label = if i == 0 { name.as_str() } else { "" };
                out.push_str(&format!("{label:>margin$} │"));
                if let Some((_, y)) = series.get(place).copied().flatten() {
                    let from = if plot.y.spacing.is_log() { 0.0 } else { zero };
                    let bar = bar(segment(from, scale.clamped(y), width), i, screen);
                    out.push_str(&format!("{bar} {}", shown_short(y, plot)));
                }
                out.push('\n');
            }
            continue;
        }
        out.push_str(&format!("{name:>margin$} │"));
        let mut segments: Vec<(usize, usize, usize)> = Vec::new();
        let mut sum = 0.0;
        for (i, series) in values.iter().enumerate() {
            if let Some((base, y)) = series.get(place).copied().flatten() {
                let (from, to) = segment(scale.clamped(base), scale.clamped(y), width);
                segments.push((from / 8, to.div_ceil(8), i));
                sum += y - base;
            }
        }
        segments.sort_unstable();
        let mut used = 0;
        for (from, to, i) in segments {
            let (from, to) = (from.max(used), to.max(used));
            out.push_str(&" ".repeat(from - used));
            out.push_str(&screen.paint(i, &mark(i, screen).repeat(to - from)));
            used = to;
        }
        out.push_str(&format!(" {}\n", shown_short(sum, plot)));
    }
    if names.len() > MAX_LINES {
        out.push_str(&format!("{:>margin$} │ and {} more\n", "…", names.len() - MAX_LINES));
    }
}

fn shown_short(value: f64, plot: &Plot) -> String {
    match plot.y.unit {
        crate::chart::Unit::Number => short(value),
        unit => shown(value, unit),
    }
}

/// A bar from one eighth to another.
fn bar((from, to): (usize, usize), series: usize, screen: Screen) -> String {
    let mut text = " ".repeat(from / 8);
    let (first, last) = (from / 8, to / 8);
    let mut blocks = mark(series, screen).repeat(last.saturating_sub(first));
    if to % 8 > 0
        && let Some(end) = FROM_LEFT.get(to % 8)
    {
        blocks.push(*end);
    }
    if blocks.is_empty() && to > from {
        blocks.push('▏');
    }
    text.push_str(&screen.paint(series, &blocks));
    text
}

/// Slices as horizontal bars.
pub fn pie(slices: &[(String, f64)], screen: Screen, out: &mut String) {
    let total: f64 = slices.iter().map(|(_, value)| value).sum();
    let margin = slices.iter().map(|(n, _)| n.chars().count()).max().unwrap_or(0).min(MAX_NAME);
    let width = screen.width.saturating_sub(margin + 20).max(10);
    let largest = slices.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    for (i, (name, value)) in slices.iter().enumerate() {
        let bar = bar(segment(0.0, value / largest, width), i, screen);
        let percent = value / total * 100.0;
        out.push_str(&format!("{:>margin$} │{bar} {percent:.1}% ({})\n", cut(name, MAX_NAME), short(*value)));
    }
}
