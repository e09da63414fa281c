//! A chart as SVG, written without a library: nothing is fetched, and every text of the data is escaped.

mod canvas;
mod marks;

use super::scale::{Fixed, Scale, category_times};
use super::{Chart, Drawing, Kind, Plot, Positions, Unit, cut, scale};
use canvas::{Anchor, Canvas, width_of};

pub use canvas::escape;

/// The width of a drawing in pixels; it scales with the page.
const WIDTH: f64 = 960.0;
/// The height of a drawing in pixels.
const HEIGHT: f64 = 480.0;
/// The height of a line of text.
const LINE: f64 = 16.0;
/// The maximum number of series in the legend.
const MAX_LEGEND: usize = 24;
/// The maximum number of characters of a name.
const MAX_NAME: usize = 28;

/// The colours of series, in order; they repeat if there are more series.
pub const COLOURS: [&str; 20] = [
    "#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#b07aa1", "#76b7b2", "#edc948", "#9c755f", "#ff9da7", "#79706e",
    "#1b4f86", "#b35c00", "#2e6b2c", "#a11c2c", "#6b3f73", "#2d7d79", "#a8860b", "#5f3d27", "#c2557a", "#3f3f3f",
];

/// The colour of a series.
fn colour(series: usize) -> &'static str {
    COLOURS.get(series % COLOURS.len()).copied().unwrap_or("#4e79a7")
}

/// The drawing as an `<svg>` element. `number` distinguishes the drawings on one page.
pub fn draw(chart: &Chart, number: usize) -> String {
    let top = if chart.title.is_empty() { 16.0 } else { 48.0 };
    let height = match &chart.drawing {
        Drawing::Plot(plot) if plot.kind == Kind::Bar => bars_height(plot),
        Drawing::Card(cells) => top + 110.0 * cells.len().div_ceil(4).max(1) as f64,
        _ => HEIGHT,
    };
    let mut canvas = Canvas::new(WIDTH, height, number);
    if !chart.title.is_empty() {
        canvas.text(WIDTH / 2.0, 28.0, Anchor::Middle, "title", &cut(&chart.title, 90));
    }
    if chart.is_empty() {
        canvas.text(WIDTH / 2.0, height / 2.0, Anchor::Middle, "empty", "no rows");
        return canvas.finish();
    }
    match &chart.drawing {
        Drawing::Plot(plot) => draw_plot(&mut canvas, plot, top, height),
        Drawing::Pie { slices, legend } => marks::pie(&mut canvas, slices, *legend, top, height),
        Drawing::Card(cells) => card(&mut canvas, cells, top),
    }
    canvas.finish()
}

fn bars_height(plot: &Plot) -> f64 {
    let Positions::Categories(names, _) = &plot.x else { return HEIGHT };
    let series = if plot.stacking == super::Stacking::Unstacked { plot.series.len() } else { 1 };
    (names.len() as f64 * (series as f64 * 12.0 + 10.0) + 110.0).clamp(220.0, 2400.0)
}

/// Where the plot is.
#[derive(Clone, Copy)]
struct Frame {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Frame {
    fn width(&self) -> f64 {
        self.right - self.left
    }

    fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

/// A plot with its axes laid out.
struct Laid<'a> {
    plot: &'a Plot,
    frame: Frame,
    /// The axis of values: vertical, or horizontal for horizontal bars.
    y: Scale,
    x: Along,
}

/// The axis of points.
enum Along {
    Scale(Scale),
    /// The number of categories.
    Categories(usize),
}

impl Laid<'_> {
    /// The pixel of a value.
    fn value(&self, y: f64) -> f64 {
        match self.plot.kind {
            Kind::Bar => self.frame.left + self.y.clamped(y) * self.frame.width(),
            _ => self.frame.bottom - self.y.clamped(y) * self.frame.height(),
        }
    }

    /// The pixel of an x; the middle of a category.
    fn place(&self, x: f64) -> f64 {
        let part = match &self.x {
            Along::Scale(scale) => scale.clamped(x),
            Along::Categories(count) => (x + 0.5) / (*count).max(1) as f64,
        };
        match self.plot.kind {
            Kind::Bar => self.frame.top + part * self.frame.height(),
            _ => self.frame.left + part * self.frame.width(),
        }
    }

    /// An x as displayed.
    fn x_text(&self, x: f64) -> String {
        match &self.plot.x {
            Positions::Continuous(unit) => scale::shown(x, *unit),
            Positions::Categories(names, _) => names.get(x as usize).cloned().unwrap_or_default(),
        }
    }
}

fn draw_plot(canvas: &mut Canvas, plot: &Plot, top: f64, height: f64) {
    let names: Vec<&str> = plot.series.iter().map(|s| s.name.as_str()).collect();
    let legend = if plot.legend { legend_width(&names, MAX_NAME) } else { 0.0 };
    let lying = plot.kind == Kind::Bar;
    let marks = if lying { 8 } else { 6 };
    let fixed = plot.y.fixed();
    let y = Scale::rounded(plot.y.unit, plot.y_range(), fixed, plot.y.spacing, marks);
    let categories = categories(plot);
    let titled = |title: &str| if title.is_empty() { 0.0 } else { LINE + 6.0 };
    let (side, under) = if lying { (&plot.x_title, &plot.y.title) } else { (&plot.y.title, &plot.x_title) };
    let widest = match lying {
        true => categories.iter().map(|n| width_of(n)).fold(0.0, f64::max),
        false => y.ticks.iter().map(|t| width_of(&t.label)).fold(0.0, f64::max),
    };
    let left = 14.0 + titled(side) + widest + 8.0;
    let right = WIDTH - 20.0 - legend;
    // names that do not fit side by side are rotated
    let room = (right - left) / categories.len().max(1) as f64;
    let longest = categories.iter().map(|n| width_of(n)).fold(0.0, f64::max);
    let turned = !lying && !categories.is_empty() && longest + 6.0 > room;
    // the first one extends to the left
    let left = if turned { left.max(longest * 0.77 + 10.0 - room / 2.0) } else { left };
    let labels = match (turned, &plot.x) {
        (true, _) => longest * 0.72 + 18.0,
        (false, Positions::Continuous(Unit::Time(_))) => 2.0 * LINE + 6.0,
        _ => LINE + 6.0,
    };
    let frame = Frame { left, top, right, bottom: height - 10.0 - titled(under) - labels };
    let x = match &plot.x {
        Positions::Continuous(unit) => {
            let (low, high) = plot.x_range().unwrap_or((0.0, 1.0));
            let count = (frame.width() / 95.0) as usize;
            Along::Scale(match plot.kind {
                Kind::Scatter if !matches!(unit, Unit::Time(_)) => {
                    Scale::rounded(*unit, (low, high), Fixed::default(), plot.x_spacing, count)
                }
                _ => Scale::exact(*unit, low, high, plot.x_spacing, count),
            })
        }
        Positions::Categories(names, _) => Along::Categories(names.len()),
    };
    let laid = Laid { plot, frame, y, x };
    grid(canvas, &laid);
    if lying {
        side_names(canvas, &laid, &categories);
    } else {
        under_names(canvas, &laid, &categories, turned);
    }
    // with room for the marks of points on the edge
    canvas.open_clip(frame.left - 4.0, frame.top - 4.0, frame.width() + 8.0, frame.height() + 8.0);
    match plot.kind {
        Kind::Line => marks::lines(canvas, &laid),
        Kind::Area => marks::areas(canvas, &laid),
        Kind::Scatter => marks::points(canvas, &laid),
        Kind::Column | Kind::Bar => marks::bars(canvas, &laid),
    }
    canvas.close_clip();
    if !under.is_empty() {
        canvas.text((frame.left + frame.right) / 2.0, height - 10.0, Anchor::Middle, "axis", &cut(under, 80));
    }
    if !side.is_empty() {
        canvas.upright(18.0, (frame.top + frame.bottom) / 2.0, "axis", &cut(side, 48));
    }
    if plot.legend {
        draw_legend(canvas, &names, MAX_NAME, (right + 20.0, top), height);
    }
}

/// The names of categories, cut.
fn categories(plot: &Plot) -> Vec<String> {
    match &plot.x {
        Positions::Continuous(_) => Vec::new(),
        Positions::Categories(_, Some(times)) => category_times(times),
        Positions::Categories(names, None) => names.iter().map(|n| cut(n, MAX_NAME)).collect(),
    }
}

/// The grid lines of the value axis and their labels.
fn grid(canvas: &mut Canvas, laid: &Laid) {
    let frame = laid.frame;
    for tick in &laid.y.ticks {
        let at = laid.value(tick.value);
        let zero = tick.value == 0.0;
        let class = if zero { "zero" } else { "grid" };
        if laid.plot.kind == Kind::Bar {
            canvas.line(at, frame.top, at, frame.bottom, class);
            canvas.text(at, frame.bottom + LINE, Anchor::Middle, "tick", &tick.label);
        } else {
            canvas.line(frame.left, at, frame.right, at, class);
            canvas.text(frame.left - 7.0, at + 4.0, Anchor::End, "tick", &tick.label);
        }
    }
}

/// The names of horizontal bars; every nth name if there is no room for all.
fn side_names(canvas: &mut Canvas, laid: &Laid, names: &[String]) {
    let room = laid.frame.height() / names.len().max(1) as f64;
    let each = (LINE / room).ceil().max(1.0) as usize;
    for (i, name) in names.iter().enumerate().step_by(each) {
        canvas.text(laid.frame.left - 7.0, laid.place(i as f64) + 4.0, Anchor::End, "tick", name);
    }
    canvas.line(laid.frame.left, laid.frame.top, laid.frame.left, laid.frame.bottom, "zero");
}

/// The marks of x under the plot.
fn under_names(canvas: &mut Canvas, laid: &Laid, names: &[String], turned: bool) {
    let frame = laid.frame;
    canvas.line(frame.left, frame.bottom, frame.right, frame.bottom, "zero");
    if let Along::Scale(scale) = &laid.x {
        for tick in &scale.ticks {
            let at = laid.place(tick.value);
            canvas.line(at, frame.bottom, at, frame.bottom + 5.0, "zero");
            canvas.text(at, frame.bottom + LINE + 2.0, Anchor::Middle, "tick", &tick.label);
            if !tick.context.is_empty() {
                canvas.text(at, frame.bottom + 2.0 * LINE + 1.0, Anchor::Middle, "context", &tick.context);
            }
        }
        return;
    }
    let room = frame.width() / names.len().max(1) as f64;
    let each = if turned { (LINE / room).ceil().max(1.0) as usize } else { 1 };
    for (i, name) in names.iter().enumerate().step_by(each) {
        let at = laid.place(i as f64);
        if turned {
            canvas.turned(at + 4.0, frame.bottom + 12.0, "tick", name);
        } else {
            canvas.text(at, frame.bottom + LINE + 2.0, Anchor::Middle, "tick", name);
        }
    }
}

fn legend_width(names: &[&str], characters: usize) -> f64 {
    names.iter().take(MAX_LEGEND).map(|n| width_of(&cut(n, characters))).fold(40.0, f64::max) + 34.0
}

/// One line per name, as many as there is room for.
fn draw_legend(canvas: &mut Canvas, names: &[&str], characters: usize, (left, top): (f64, f64), height: f64) {
    let room = (((height - top - 20.0) / 18.0) as usize).clamp(1, MAX_LEGEND);
    let shown = if names.len() > room { room - 1 } else { names.len() };
    for (i, name) in names.iter().take(shown).enumerate() {
        let y = top + 8.0 + 18.0 * i as f64;
        canvas.swatch(left, y - 5.0, colour(i), marks::is_dashed(i));
        canvas.titled_text(left + 20.0, y + 4.0, "legend", &cut(name, characters), name);
    }
    if shown < names.len() {
        let y = top + 12.0 + 18.0 * shown as f64;
        canvas.text(left, y, Anchor::Start, "context", &format!("and {} more", names.len() - shown));
    }
}

/// The name and value of each cell.
fn card(canvas: &mut Canvas, cells: &[(String, String)], top: f64) {
    let columns = cells.len().clamp(1, 4);
    let width = (WIDTH - 20.0) / columns as f64;
    for (i, (name, value)) in cells.iter().enumerate() {
        let x = 10.0 + width * ((i % columns) as f64 + 0.5);
        let y = top + 110.0 * (i / columns) as f64;
        // as large as fits
        let size = (width * 0.9 / (value.chars().count().max(1) as f64 * 0.62)).clamp(12.0, 36.0);
        let fits = (width * 0.95 / (size * 0.62)) as usize;
        canvas.figure(x, y + 48.0, size, &cut(value, fits), value);
        canvas.text(x, y + 76.0, Anchor::Middle, "axis", &cut(name, (width / 8.0) as usize));
    }
}
