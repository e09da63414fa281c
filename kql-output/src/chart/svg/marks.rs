//! Lines, areas, points, bars and slices.

use super::canvas::{Anchor, Canvas, at};
use super::{Along, COLOURS, Laid, MAX_NAME, WIDTH, colour, draw_legend, legend_width};
use crate::chart::plot::Point;
use crate::chart::{Kind, Series, Stacking, cut, scale};
use std::f64::consts::TAU;
use std::fmt::Write;

/// Above this number, marks have no tooltips: those would be most of the file.
const MAX_TIPS: usize = 3000;
/// Above this number of points, a line has no marks for them.
const MAX_DOTS: usize = 400;

/// Whether the colours repeat from this series on, so that its line is dashed.
pub fn is_dashed(series: usize) -> bool {
    series >= COLOURS.len()
}

fn stroke(series: usize, width: f64) -> String {
    let dash = if is_dashed(series) { " stroke-dasharray=\"6 3\"" } else { "" };
    format!(
        "fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"{dash}",
        colour(series),
        at(width)
    )
}

fn tip(laid: &Laid, series: &Series, point: &Point) -> String {
    let value = point.y.map(|y| scale::shown(y - point.base, laid.plot.y.unit)).unwrap_or_default();
    format!("{}\n{}: {value}", laid.x_text(point.x), series.name)
}

fn all_points(laid: &Laid) -> usize {
    laid.plot.series.iter().map(|s| s.points.len()).sum()
}

/// The segments of a series between its gaps.
fn runs(points: &[Point]) -> impl Iterator<Item = &[Point]> {
    points.split(|p| p.y.is_none()).filter(|run| !run.is_empty())
}

fn trace(laid: &Laid, run: &[Point], out: &mut String) {
    for (i, point) in run.iter().enumerate() {
        let letter = if i == 0 { 'M' } else { 'L' };
        let y = point.y.unwrap_or(0.0);
        // points outside the bounds of the axis too, so that the line leaves with the right slope
        let _ = write!(out, "{letter}{} {}", at(laid.place(point.x)), at(beyond(laid, y)));
    }
}

/// The pixel of a value, outside the frame where the value is outside the axis.
fn beyond(laid: &Laid, y: f64) -> f64 {
    match laid.y.at(y) {
        Some(_) => laid.value(y),
        None if laid.plot.y.spacing.is_log() => laid.value(y),
        None => laid.frame.bottom - laid.y.unclamped(y).clamp(-20.0, 20.0) * laid.frame.height(),
    }
}

pub fn lines(canvas: &mut Canvas, laid: &Laid) {
    for (i, series) in laid.plot.series.iter().enumerate() {
        let mut path = String::new();
        runs(&series.points).filter(|run| run.len() > 1).for_each(|run| trace(laid, run, &mut path));
        if !path.is_empty() {
            canvas.path(&path, &stroke(i, 2.0), None);
        }
    }
    dots(canvas, laid);
}

/// Marks of points: of all points if there are few, else of isolated ones.
fn dots(canvas: &mut Canvas, laid: &Laid) {
    let few = all_points(laid) <= MAX_DOTS;
    for (i, series) in laid.plot.series.iter().enumerate() {
        let fill = format!("fill=\"{}\"", colour(i));
        for run in runs(&series.points) {
            let alone = run.len() == 1;
            for point in run.iter().filter(|_| few || alone) {
                let tip = tip(laid, series, point);
                let radius = if alone { 3.5 } else { 2.6 };
                canvas.circle(laid.place(point.x), beyond(laid, point.y.unwrap_or(0.0)), radius, &fill, Some(&tip));
            }
        }
    }
}

pub fn areas(canvas: &mut Canvas, laid: &Laid) {
    let opacity = if laid.plot.stacking == Stacking::Unstacked { "0.3" } else { "0.75" };
    for (i, series) in laid.plot.series.iter().enumerate() {
        let (mut filled, mut edge) = (String::new(), String::new());
        for run in runs(&series.points).filter(|run| run.len() > 1) {
            trace(laid, run, &mut edge);
            trace(laid, run, &mut filled);
            for point in run.iter().rev() {
                let _ = write!(filled, "L{} {}", at(laid.place(point.x)), at(laid.value(point.base)));
            }
            filled.push('Z');
        }
        if !filled.is_empty() {
            let fill = format!("fill=\"{}\" fill-opacity=\"{opacity}\" stroke=\"none\"", colour(i));
            canvas.path(&filled, &fill, Some(&series.name));
            canvas.path(&edge, &stroke(i, 1.5), None);
        }
    }
    dots(canvas, laid);
}

pub fn points(canvas: &mut Canvas, laid: &Laid) {
    let tips = all_points(laid) <= MAX_TIPS;
    for (i, series) in laid.plot.series.iter().enumerate() {
        let fill = format!("fill=\"{}\" fill-opacity=\"0.7\"", colour(i));
        for point in series.points.iter() {
            let Some(y) = point.y else { continue };
            let tip = tips.then(|| tip(laid, series, point));
            canvas.circle(laid.place(point.x), beyond(laid, y), 4.0, &fill, tip.as_deref());
        }
    }
}

pub fn bars(canvas: &mut Canvas, laid: &Laid) {
    let Along::Categories(count) = laid.x else { return };
    let lying = laid.plot.kind == Kind::Bar;
    let length = if lying { laid.frame.height() } else { laid.frame.width() };
    let room = length / count.max(1) as f64;
    let side_by_side = laid.plot.stacking == Stacking::Unstacked;
    let abreast = if side_by_side { laid.plot.series.len().max(1) } else { 1 };
    let band = if room < 3.0 { room } else { (room * 0.8).min(90.0 * abreast as f64) };
    let width = band / abreast as f64;
    let tips = all_points(laid) <= MAX_TIPS;
    for (i, series) in laid.plot.series.iter().enumerate() {
        let offset = if side_by_side { i as f64 * width } else { 0.0 } - band / 2.0;
        for point in &series.points {
            let Some(y) = point.y else { continue };
            // a logarithmic axis has no zero to start from
            let base = if laid.plot.y.spacing.is_log() { laid.y.low } else { point.base };
            let (from, to) = (laid.value(base), laid.value(y));
            let (low, size) = (from.min(to), (from - to).abs());
            let start = laid.place(point.x) + offset;
            let thick = if width > 4.0 { width - 1.0 } else { width.max(0.4) };
            let tip = tips.then(|| tip(laid, series, point));
            if lying {
                canvas.rectangle(low, start, size, thick, colour(i), tip.as_deref());
            } else {
                canvas.rectangle(start, low, thick, size, colour(i), tip.as_deref());
            }
        }
    }
}

/// The slices of a pie, from the top and clockwise.
pub fn pie(canvas: &mut Canvas, slices: &[(String, f64)], legend: bool, top: f64, height: f64) {
    let total: f64 = slices.iter().map(|(_, value)| value).sum();
    let percent = |value: f64| format!("{:.1}%", value / total * 100.0);
    let names: Vec<String> =
        slices.iter().map(|(n, v)| format!("{} ({}, {})", cut(n, MAX_NAME), scale::short(*v), percent(*v))).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let side = if legend { legend_width(&names, 3 * MAX_NAME).max(280.0) } else { 0.0 };
    let radius = (height - top - 24.0) / 2.0;
    let (x, y) = ((WIDTH - side) / 2.0, top + radius + 4.0);
    let mut turned = 0.0;
    for (i, (name, value)) in slices.iter().enumerate() {
        let part = value / total;
        let tip = format!("{name}\n{} ({})", scale::exact(*value), percent(*value));
        let on_rim = |turn: f64, r: f64| (x + r * (turn * TAU).sin(), y - r * (turn * TAU).cos());
        if part > 0.999_999 {
            canvas.circle(x, y, radius, &format!("fill=\"{}\"", colour(i)), Some(&tip));
        } else if part > 0.0 {
            let ((x1, y1), (x2, y2)) = (on_rim(turned, radius), on_rim(turned + part, radius));
            let large = i32::from(part > 0.5);
            let (cx, cy, r) = (at(x), at(y), at(radius));
            let path = format!("M{cx} {cy}L{} {}A{r} {r} 0 {large} 1 {} {}Z", at(x1), at(y1), at(x2), at(y2));
            let fill = format!("fill=\"{}\" stroke=\"#fff\" stroke-width=\"1\"", colour(i));
            canvas.path(&path, &fill, Some(&tip));
        }
        if part > 0.04 {
            let (tx, ty) = if part > 0.999_999 { (x, y) } else { on_rim(turned + part / 2.0, radius * 0.72) };
            canvas.text(tx, ty + 4.0, Anchor::Middle, "slice", &percent(*value));
        }
        turned += part;
    }
    if legend {
        draw_legend(canvas, &names, 3 * MAX_NAME, (WIDTH - side, top), height);
    }
}
