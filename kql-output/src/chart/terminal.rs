//! A chart in characters: lines, areas and points of braille dots, bars of block characters. A pie is drawn as horizontal
//! bars with percentages, which characters show better than a circle.

mod bars;
mod dots;

use super::scale::Scale;
use super::{Chart, Drawing, Kind, Plot, cut};
use nu_ansi_term::{Color, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The terminal that the drawing is written to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Screen {
    /// Characters per line.
    pub width: usize,
    /// Whether it shows colours.
    pub colour: bool,
}

/// Number of lines of a plot, without its axes.
const HEIGHT: usize = 16;
/// The maximum number of characters of a name.
const MAX_NAME: usize = 24;
/// The maximum number of series in the legend.
const MAX_LEGEND: usize = 16;

const COLOURS: [Color; 12] = [
    Color::Blue,
    Color::Yellow,
    Color::Green,
    Color::Red,
    Color::Purple,
    Color::Cyan,
    Color::LightBlue,
    Color::LightYellow,
    Color::LightGreen,
    Color::LightRed,
    Color::LightPurple,
    Color::LightCyan,
];

impl Screen {
    /// The characters in a series' colour.
    fn paint(self, series: usize, text: &str) -> String {
        match COLOURS.get(series % COLOURS.len()) {
            Some(colour) if self.colour => colour.paint(text).to_string(),
            _ => text.to_owned(),
        }
    }

    fn bold(self, text: &str) -> String {
        if self.colour { Style::new().bold().paint(text).to_string() } else { text.to_owned() }
    }

    fn dim(self, text: &str) -> String {
        if self.colour { Style::new().dimmed().paint(text).to_string() } else { text.to_owned() }
    }
}

/// A text cut to a width in terminal columns; some characters are two columns wide.
pub fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// The drawing as lines, each with a line break.
pub fn draw(chart: &Chart, screen: Screen) -> String {
    let mut out = String::new();
    if !chart.title.is_empty() {
        let title = cut(&chart.title, screen.width);
        let space = screen.width.saturating_sub(title.chars().count()) / 2;
        out.push_str(&format!("{:space$}{}\n", "", screen.bold(&title)));
    }
    if chart.is_empty() {
        out.push_str("no rows\n");
        return out;
    }
    match &chart.drawing {
        Drawing::Plot(plot) if matches!(plot.kind, Kind::Column | Kind::Bar) => bars::draw(plot, screen, &mut out),
        Drawing::Plot(plot) => dots::draw(plot, screen, &mut out),
        Drawing::Pie { slices, .. } => bars::pie(slices, screen, &mut out),
        Drawing::Card(cells) => {
            for (name, value) in cells {
                let value = cut(value, screen.width);
                out.push_str(&format!("{}\n{}\n", screen.bold(&value), screen.dim(&cut(name, screen.width))));
            }
        }
    }
    out
}

/// The labels of the value axis: the text before each line, from the top.
fn side(scale: &Scale, height: usize) -> (Vec<String>, usize) {
    let mut labels = vec![String::new(); height];
    for tick in &scale.ticks {
        let Some(part) = scale.at(tick.value) else { continue };
        let line = ((1.0 - part) * (height.max(1) - 1) as f64).round() as usize;
        if let Some(label) = labels.get_mut(line)
            && label.is_empty()
        {
            label.clone_from(&tick.label);
        }
    }
    let width = labels.iter().map(|l| l.chars().count()).max().unwrap_or(0);
    (labels, width)
}

/// The lines that name the series, with as many names per line as fit.
fn legend(plot: &Plot, screen: Screen, out: &mut String) {
    if !plot.legend {
        return;
    }
    let mut used = 0;
    for (i, series) in plot.series.iter().take(MAX_LEGEND).enumerate() {
        let name = cut(&series.name, MAX_NAME);
        let width = name.chars().count() + 4;
        if used > 0 && used + width > screen.width {
            out.push('\n');
            used = 0;
        }
        used += width;
        out.push_str(&format!("{} {name}  ", screen.paint(i, mark(i, screen))));
    }
    if let Some(more) = plot.series.len().checked_sub(MAX_LEGEND).filter(|n| *n > 0) {
        out.push_str(&format!("and {more} more"));
    }
    while out.ends_with(' ') {
        out.pop();
    }
    out.push('\n');
}

/// The symbol of a series in the legend, and of its bars if there are no colours.
fn mark(series: usize, screen: Screen) -> &'static str {
    const MARKS: [&str; 6] = ["█", "▒", "▓", "░", "▚", "▞"];
    if screen.colour { "█" } else { MARKS.get(series % MARKS.len()).copied().unwrap_or("█") }
}
