//! What `render` asks for, computed once from a result: which column is x, which columns name series, which are values. The
//! drawings on a terminal ([`terminal`]), as SVG ([`svg`]) and as Vega-Lite ([`vega`]) all start from it.
//!
//! Kusto's rules, unless the properties say otherwise: the first column is x, or the first datetime in a time chart;
//! numbers are values; texts that are not x name the series.

mod columns;
mod kinds;
mod plot;
mod properties;
pub mod scale;
pub mod svg;
pub mod terminal;
pub mod vega;

pub use kinds::{Kind, Spacing, Stacking, Unit};
pub use plot::{Plot, Positions, Series};

use crate::Excerpt;
use crate::error::NotDrawn;
use columns::{Arrays, Data};
use kql_engine::Render;
use properties::Properties;

/// More points than this are not drawn: they could not be told apart, and a page with them does not open.
pub const MAX_POINTS: usize = 100_000;
/// More slices than this are merged into one, called `others`.
const MAX_SLICES: usize = 20;

/// A drawing.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// `title`; empty if not given.
    pub title: String,
    /// What is drawn.
    pub drawing: Drawing,
    /// Notes for the user, such as the number of points that are not drawn.
    pub notes: Vec<String>,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawing {
    /// A drawing over two axes.
    Plot(Plot),
    /// `piechart`: names and values, none of them negative.
    Pie {
        /// Names and values.
        slices: Vec<(String, f64)>,
        /// Whether the names are in a legend.
        legend: bool,
    },
    /// `card`: names and values, as texts.
    Card(Vec<(String, String)>),
}

impl Chart {
    /// Whether a `render` asks for a drawing.
    pub fn is_wanted(render: Option<&Render>) -> bool {
        render.is_some_and(|render| render.kind != "table")
    }

    /// The title that a `render` gives its drawing.
    pub fn title(render: Option<&Render>) -> Option<&str> {
        let render = render.filter(|render| Chart::is_wanted(Some(render)))?;
        Properties::new(&render.properties).text("title")
    }

    /// The drawing that a result asks for; `None` if it asks for none.
    ///
    /// # Errors
    /// [`NotDrawn`] with the reason why it cannot be drawn.
    pub fn of(result: &Excerpt) -> Option<Result<Chart, NotDrawn>> {
        let render = result.table.render.as_ref().filter(|render| Chart::is_wanted(Some(render)))?;
        Some(Chart::new(&render.kind, &Properties::new(&render.properties), result))
    }

    fn new(kind: &str, properties: &Properties, result: &Excerpt) -> Result<Chart, NotDrawn> {
        let title = properties.text("title").unwrap_or_default().to_owned();
        if properties.text("kind") == Some("map") {
            return Err(NotDrawn::Map(kind.to_owned()));
        }
        let (kind, stacking) = match kind {
            "timechart" | "linechart" => (Kind::Line, Stacking::Unstacked),
            "columnchart" => (Kind::Column, Stacking::Unstacked),
            "barchart" => (Kind::Bar, Stacking::Unstacked),
            "areachart" => (Kind::Area, Stacking::Unstacked),
            "stackedareachart" => (Kind::Area, Stacking::Stacked),
            "scatterchart" => (Kind::Scatter, Stacking::Unstacked),
            "card" => {
                let data = Data::of(result, 1, Arrays::Kept);
                return Ok(Chart { title, drawing: Drawing::Card(data.first_row()), notes: Vec::new() });
            }
            "piechart" => return pie(title, properties, result),
            other => return Err(NotDrawn::Kind(other.to_owned())),
        };
        let time = result.table.render.as_ref().is_some_and(|r| r.kind == "timechart");
        let mut notes = Vec::new();
        let data = Data::of(result, MAX_POINTS, Arrays::Spread);
        let plot = Plot::new(kind, time, stacking, properties, &data, &mut notes)?;
        Ok(Chart { title, drawing: Drawing::Plot(plot), notes })
    }

    /// Whether there is anything to draw.
    pub fn is_empty(&self) -> bool {
        match &self.drawing {
            Drawing::Plot(plot) => plot.series.iter().all(|s| s.points.iter().all(|p| p.y.is_none())),
            Drawing::Pie { slices, .. } => slices.iter().all(|(_, value)| *value == 0.0),
            Drawing::Card(cells) => cells.is_empty(),
        }
    }
}

/// The first column names the slices, the first number column is their size.
fn pie(title: String, properties: &Properties, result: &Excerpt) -> Result<Chart, NotDrawn> {
    let data = Data::of(result, MAX_POINTS, Arrays::Spread);
    let mut notes = data.notes();
    let named = properties.names("xcolumn").first().map(|name| data.find(name)).transpose()?;
    let value = match properties.names("ycolumns").first() {
        Some(name) => data.find(name)?,
        None => {
            let mut numbers = (0..data.columns.len()).filter(|i| data.is_number(*i) && Some(*i) != named);
            let first = numbers.next().ok_or(NotDrawn::NoSlices)?;
            // a number column in front names the slices if there is another one for their size
            if first == 0 && named.is_none() { numbers.next().unwrap_or(first) } else { first }
        }
    };
    let label = named.or_else(|| (0..data.columns.len()).find(|i| *i != value));
    let mut slices: Vec<(String, f64)> = Vec::new();
    let mut skipped = 0_usize;
    for row in 0..data.rows {
        match data.number(value, row) {
            Some(number) if number >= 0.0 => {
                let name = label.map_or_else(|| data.name(value).to_owned(), |i| data.text(i, row));
                slices.push((name, number));
            }
            _ => skipped += 1,
        }
    }
    if skipped > 0 {
        notes.push(format!("{} skipped: a slice needs a value of 0 or more", crate::plural::plural(skipped, "row")));
    }
    slices.sort_by(|a, b| b.1.total_cmp(&a.1));
    if slices.len() > MAX_SLICES {
        let rest = slices.split_off(MAX_SLICES - 1);
        let sum = rest.iter().map(|(_, value)| value).sum();
        slices.push((format!("others ({})", rest.len()), sum));
    }
    Ok(Chart { title, drawing: Drawing::Pie { slices, legend: properties.legend() }, notes })
}

/// A text cut to a number of characters.
pub fn cut(text: &str, characters: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.chars().count() <= characters {
        return clean;
    }
    let mut out: String = clean.chars().take(characters.saturating_sub(1)).collect();
    out.push('…');
    out
}

#[cfg(test)]
mod tests;
