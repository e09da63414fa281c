//! Lines, areas and points: a character has two columns of four braille dots.

use super::{HEIGHT, Screen, legend, side};
use crate::chart::scale::Scale;
use crate::chart::{Kind, Plot, Positions, Spacing, Unit, cut};

/// The dots of a character, column by column and line by line, as bits of the braille block.
const BITS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// A field of dots, and which series drew each character last.
struct Field {
    width: usize,
    height: usize,
    dots: Vec<(u32, usize)>,
}

impl Field {
    fn new(width: usize, height: usize) -> Field {
        Field { width, height, dots: vec![(0, 0); width * height] }
    }

    fn set(&mut self, x: usize, y: usize, series: usize) {
        if x / 2 >= self.width || y / 4 >= self.height {
            return;
        }
        let bit = BITS.get(x % 2).and_then(|column| column.get(y % 4)).copied().unwrap_or(0);
        if let Some(cell) = self.dots.get_mut(y / 4 * self.width + x / 2) {
            *cell = (cell.0 | bit, series);
        }
    }

    /// A line between two dots.
    fn line(&mut self, (x1, y1): (i64, i64), (x2, y2): (i64, i64), series: usize) {
        let steps = (x2 - x1).abs().max((y2 - y1).abs()).max(1);
        for i in 0..=steps {
            let on = |a: i64, b: i64| usize::try_from(a + ((b - a) * i + (b - a).signum() * steps / 2) / steps);
            if let (Ok(x), Ok(y)) = (on(x1, x2), on(y1, y2)) {
                self.set(x, y, series);
            }
        }
    }
}

pub fn draw(plot: &Plot, screen: Screen, out: &mut String) {
    let fixed = plot.y.fixed();
    let y = Scale::rounded(plot.y.unit, plot.y_range(), fixed, plot.y.spacing, 5);
    let (labels, margin) = side(&y, HEIGHT);
    let width = screen.width.saturating_sub(margin + 3).max(10);
    let x = match &plot.x {
        Positions::Continuous(unit) => {
            let (low, high) = plot.x_range().unwrap_or((0.0, 1.0));
            Scale::exact(*unit, low, high, plot.x_spacing, (width / 16).max(1))
        }
        Positions::Categories(names, _) => {
            Scale::exact(Unit::Number, -0.5, names.len() as f64 - 0.5, Spacing::Linear, (width / 12).max(1))
        }
    };
    let (across, down) = ((width * 2 - 1) as f64, (HEIGHT * 4 - 1) as f64);
    let place =
        |px: f64, py: f64| ((x.clamped(px) * across).round() as i64, ((1.0 - y.clamped(py)) * down).round() as i64);
    let mut field = Field::new(width, HEIGHT);
    for (i, series) in plot.series.iter().enumerate() {
        let mut before: Option<(i64, i64)> = None;
        for point in &series.points {
            let Some(value) = point.y else {
                before = None;
                continue;
            };
            let here = place(point.x, value);
            match (plot.kind, before) {
                (Kind::Scatter, _) | (_, None) => field.line(here, here, i),
                (_, Some(last)) => field.line(last, here, i),
            }
            if plot.kind == Kind::Area {
                let floor = place(point.x, point.base).1;
                let from = before.map_or(here.0, |last| last.0);
                let start = before.unwrap_or(here);
                for column in from..=here.0 {
                    // every other dot, so that what is behind stays visible
                    let run = (here.0 - from).max(1);
                    let top = start.1 + (here.1 - start.1) * (column - from) / run;
                    let (high, low) = (top.min(floor), top.max(floor));
                    for line in (high..=low).filter(|line| (line + column) % 2 == 0) {
                        field.line((column, line), (column, line), i);
                    }
                }
            }
            before = Some(here);
        }
    }
    for (line, label) in labels.iter().enumerate() {
        let axis = if label.is_empty() { '│' } else { '┤' };
        out.push_str(&format!("{label:>margin$} {axis}"));
        let cells = field.dots.get(line * width..(line + 1) * width).unwrap_or(&[]);
        let mut text = String::new();
        let last = cells.iter().rposition(|(bits, _)| *bits != 0).map_or(0, |at| at + 1);
        let mut run: Option<(usize, String)> = None;
        for (bits, series) in cells.iter().take(last) {
            let c = if *bits == 0 { ' ' } else { char::from_u32(0x2800 + bits).unwrap_or(' ') };
            match &mut run {
                Some((of, run)) if *of == *series || *bits == 0 => run.push(c),
                _ => {
                    if let Some((of, run)) = run.take() {
                        text.push_str(&screen.paint(of, &run));
                    }
                    run = Some((*series, c.to_string()));
                }
            }
        }
        if let Some((of, run)) = run {
            text.push_str(&screen.paint(of, &run));
        }
        out.push_str(&text);
        out.push('\n');
    }
    under(plot, &x, margin, width, out);
    legend(plot, screen, out);
}

/// The x axis, its marks and its title.
fn under(plot: &Plot, x: &Scale, margin: usize, width: usize, out: &mut String) {
    let mut axis: Vec<char> = vec!['─'; width];
    let mut names: Vec<char> = vec![' '; width + 8];
    let mut free = 0;
    for tick in &x.ticks {
        let Some(part) = x.at(tick.value) else { continue };
        let label = match &plot.x {
            Positions::Continuous(_) if tick.context.is_empty() => tick.label.clone(),
            // the context of a date is a year, the context of a time is a date
            Positions::Continuous(_) if tick.context.len() == 4 => format!("{}-{}", tick.context, tick.label),
            Positions::Continuous(_) => format!("{} {}", tick.context, tick.label),
            Positions::Categories(categories, _) if tick.value.fract() == 0.0 => {
                cut(categories.get(tick.value.max(0.0) as usize).map_or("", String::as_str), 12)
            }
            Positions::Categories(..) => continue,
        };
        let at = (part * (width - 1) as f64).round() as usize;
        let length = label.chars().count();
        let start = at.saturating_sub(length / 2);
        if start < free || start + length > names.len() {
            continue;
        }
        if let Some(mark) = axis.get_mut(at) {
            *mark = '┴';
        }
        for (slot, c) in names.iter_mut().skip(start).zip(label.chars()) {
            *slot = c;
        }
        free = start + length + 2;
    }
    out.push_str(&format!("{:margin$} └{}\n", "", axis.into_iter().collect::<String>()));
    let names: String = names.into_iter().collect();
    out.push_str(format!("{:margin$}  {names}", "").trim_end());
    out.push('\n');
    let titles: Vec<&str> =
        [plot.x_title.as_str(), plot.y.title.as_str()].into_iter().filter(|t| !t.is_empty()).collect();
    if let [x, rest @ ..] = titles.as_slice() {
        let of = rest.first().map(|y| format!("{y} by {x}")).unwrap_or_else(|| (*x).to_owned());
        let of = cut(&of, width);
        let space = margin + 2 + width.saturating_sub(of.chars().count()) / 2;
        out.push_str(&format!("{:space$}{of}\n", ""));
    }
}
