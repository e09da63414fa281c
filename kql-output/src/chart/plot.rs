//! A drawing over two axes.

use super::columns::{Data, Values};
use super::kinds::{Kind, Spacing, Stacking, Unit};
use super::properties::Properties;
use super::scale::{self, Fixed};
use crate::error::NotDrawn;
use std::collections::HashMap;

/// Where points can lie along x.
#[derive(Clone, PartialEq, Debug)]
pub enum Positions {
    /// Anywhere.
    Continuous(Unit),
    /// At the position of one of these categories, counted from 0: their names, and their ticks if they are times.
    Categories(Vec<String>, Option<Vec<i64>>),
}

/// The axis of values.
#[derive(Clone, PartialEq, Debug)]
pub struct Axis {
    /// Its name; empty if it has none.
    pub title: String,
    /// The unit of its numbers.
    pub unit: Unit,
    /// How its values are spaced.
    pub spacing: Spacing,
    /// `ymin`
    pub min: Option<f64>,
    /// `ymax`
    pub max: Option<f64>,
}

impl Axis {
    /// The bounds that the query fixes.
    pub fn fixed(&self) -> Fixed {
        Fixed { low: self.min.is_some(), high: self.max.is_some() }
    }
}

/// A point; one without a y is a gap.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Point {
    /// The position along x.
    pub x: f64,
    /// The lower end if series are stacked; else 0.
    pub base: f64,
    /// Its value; if series are stacked, added to those below it.
    pub y: Option<f64>,
}

/// A line, or the bars of one colour.
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// Its points in the order of x; in the order of the rows for a scatter chart.
    pub points: Vec<Point>,
}

/// A drawing over two axes.
#[derive(Clone, PartialEq, Debug)]
pub struct Plot {
    /// Its shape.
    pub kind: Kind,
    /// How series are stacked.
    pub stacking: Stacking,
    /// The name of x; empty if it has none.
    pub x_title: String,
    /// Where points can be along x.
    pub x: Positions,
    /// How x is spaced.
    pub x_spacing: Spacing,
    /// The axis of values.
    pub y: Axis,
    /// The series, in the order of appearance.
    pub series: Vec<Series>,
    /// Whether there is a legend.
    pub legend: bool,
}

/// The roles of the columns.
struct Roles {
    x: usize,
    series: Vec<usize>,
    values: Vec<usize>,
}

impl Roles {
    fn new(kind: Kind, time: bool, properties: &Properties, data: &Data) -> Result<Roles, NotDrawn> {
        let all = || 0..data.columns.len();
        let named =
            |name: &str| properties.names(name).into_iter().map(|n| data.find(n)).collect::<Result<Vec<_>, _>>();
        let given = (named("xcolumn")?.first().copied(), named("series")?, named("ycolumns")?);
        let taken = |i: usize| given.1.contains(&i) || given.2.contains(&i);
        let free = |i: &usize| !taken(*i);
        let discrete = matches!(kind, Kind::Column | Kind::Bar);
        let x = given.0.or_else(|| {
            let first = all().find(free);
            let measurable = |i: &usize| free(i) && (data.is_time(*i) || data.is_number(*i));
            match first {
                _ if time => all().filter(free).find(|i| data.is_time(*i)).or_else(|| all().find(measurable)),
                Some(first) if discrete || !data.is_text(first) => Some(first),
                // a text column in front names the series if another column can be x
                first => {
                    let times = all().filter(free).find(|i| data.is_time(*i));
                    let numbers: Vec<usize> = all().filter(measurable).collect();
                    times.or_else(|| numbers.first().copied().filter(|_| numbers.len() > 1)).or(first)
                }
            }
        });
        let x = x.ok_or(NotDrawn::NoX)?;
        let values = match given.2 {
            given if !given.is_empty() => given,
            _ => all().filter(|i| *i != x && data.is_number(*i) && !given.1.contains(i)).collect(),
        };
        if values.is_empty() {
            return Err(NotDrawn::NoNumbers);
        }
        if let Some(wrong) = values.iter().find(|i| !data.is_number(**i)) {
            return Err(NotDrawn::NotNumeric(data.name(*wrong).to_owned()));
        }
        let series = match given.1 {
            given if !given.is_empty() => given,
            _ => all().filter(|i| *i != x && data.is_text(*i) && !values.contains(i)).collect(),
        };
        Ok(Roles { x, series, values })
    }
}

impl Plot {
    /// Finds the series of a result.
    pub fn new(
        kind: Kind,
        time: bool,
        stacking: Stacking,
        properties: &Properties,
        data: &Data,
        notes: &mut Vec<String>,
    ) -> Result<Plot, NotDrawn> {
        let roles = Roles::new(kind, time, properties, data)?;
        let discrete = matches!(kind, Kind::Column | Kind::Bar);
        let stacking = match properties.text("kind").map(str::to_lowercase).as_deref() {
            Some("stacked100") => Stacking::Stacked100,
            Some("stacked") => Stacking::Stacked,
            Some("unstacked" | "default") => Stacking::Unstacked,
            _ => stacking,
        };
        notes.extend(data.notes());
        let (x, places) = positions(roles.x, discrete, data);
        let x_spacing = match x {
            Positions::Continuous(Unit::Number) => properties.spacing("xaxis"),
            _ => Spacing::Linear,
        };
        let span = roles.values.iter().all(|i| data.is_timespan(*i));
        let unit = match stacking {
            Stacking::Stacked100 => Unit::Percent,
            _ if span => Unit::Timespan,
            _ => Unit::Number,
        };
        let spacing = match stacking {
            Stacking::Unstacked => properties.spacing("yaxis"),
            _ => Spacing::Linear,
        };
        let title = match properties.text("ytitle") {
            Some(title) => title.to_owned(),
            None if roles.values.len() == 1 => data.name(roles.values.first().copied().unwrap_or(0)).to_owned(),
            None => String::new(),
        };
        let y = Axis { title, unit, spacing, min: properties.number("ymin"), max: properties.number("ymax") };
        let x_title = properties.text("xtitle").unwrap_or_else(|| data.name(roles.x)).to_owned();
        let series = series(&roles, &places, data);
        let legend = properties.legend() && (series.len() > 1 || !roles.series.is_empty());
        let mut plot = Plot { kind, stacking, x_title, x, x_spacing, y, series, legend };
        let without = places.iter().filter(|p| p.is_none()).count();
        if without > 0 {
            notes.push(format!("{} without {} not drawn", crate::plural::plural(without, "row"), data.name(roles.x)));
        }
        plot.arrange(properties.is_true("accumulate"), notes);
        Ok(plot)
    }

    /// Sorts, adds up and stacks the points.
    fn arrange(&mut self, accumulate: bool, notes: &mut Vec<String>) {
        if self.kind == Kind::Scatter {
            return self.without_logs(notes);
        }
        let aligned = matches!(self.kind, Kind::Column | Kind::Bar) || self.stacking != Stacking::Unstacked;
        for series in &mut self.series {
            series.points.sort_by(|a, b| a.x.total_cmp(&b.x));
            if aligned {
                // several values at one position are one bar, which shows their sum
                series.points.dedup_by(|next, kept| {
                    let same = next.x == kept.x;
                    if same {
                        kept.y = match (kept.y, next.y) {
                            (Some(a), Some(b)) => Some(a + b),
                            (a, b) => a.or(b),
                        };
                    }
                    same
                });
            }
            if accumulate {
                let mut sum = 0.0;
                for y in series.points.iter_mut().filter_map(|p| p.y.as_mut()) {
                    sum += *y;
                    *y = sum;
                }
            }
        }
        if self.stacking != Stacking::Unstacked {
            self.stack();
        }
        self.without_logs(notes);
    }

    /// Puts each series on the previous ones; negative values are stacked below zero.
    fn stack(&mut self) {
        let mut places: Vec<f64> = self.series.iter().flat_map(|s| s.points.iter().map(|p| p.x)).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        let values: Vec<Vec<f64>> = self
            .series
            .iter()
            .map(|s| {
                let by_place: HashMap<u64, f64> =
                    s.points.iter().map(|p| (p.x.to_bits(), p.y.unwrap_or(0.0))).collect();
                places.iter().map(|x| by_place.get(&x.to_bits()).copied().unwrap_or(0.0)).collect()
            })
            .collect();
        let whole = |at: usize| values.iter().filter_map(|v| v.get(at)).map(|v| v.abs()).sum::<f64>();
        let scale: Vec<f64> = (0..places.len())
            .map(|at| match self.stacking {
                Stacking::Stacked100 if whole(at) > 0.0 => 100.0 / whole(at),
                _ => 1.0,
            })
            .collect();
        let mut above = vec![0.0; places.len()];
        let mut below = vec![0.0; places.len()];
        for (series, values) in self.series.iter_mut().zip(&values) {
            let points = places.iter().zip(values).zip(&scale).zip(above.iter_mut().zip(&mut below));
            series.points = points
                .map(|(((x, value), scale), (above, below))| {
                    let value = value * scale;
                    let end = if value < 0.0 { below } else { above };
                    let base = *end;
                    *end += value;
                    Point { x: *x, base, y: Some(*end) }
                })
                .collect();
        }
    }

    /// Removes values that have no logarithm.
    fn without_logs(&mut self, notes: &mut Vec<String>) {
        let mut lost = 0_usize;
        for series in &mut self.series {
            if self.x_spacing.is_log() {
                let before = series.points.len();
                series.points.retain(|p| p.x > 0.0);
                lost += before - series.points.len();
            }
            for point in series.points.iter_mut().filter(|p| self.y.spacing.is_log() && p.y.is_some_and(|y| y <= 0.0)) {
                point.y = None;
                lost += 1;
            }
        }
        if lost > 0 {
            notes.push(format!(
                "a logarithmic axis shows only what is above zero: {} not drawn",
                crate::plural::plural(lost, "value")
            ));
        }
    }

    /// The lowest and the highest x; `None` if there are no points.
    pub fn x_range(&self) -> Option<(f64, f64)> {
        range(self.series.iter().flat_map(|s| s.points.iter().filter(|p| p.y.is_some()).map(|p| p.x)))
    }

    /// The lowest and the highest y that the axis has to include.
    pub fn y_range(&self) -> (f64, f64) {
        let from_zero = self.kind != Kind::Line && self.kind != Kind::Scatter && !self.y.spacing.is_log();
        let values = self.series.iter().flat_map(|s| &s.points).filter_map(|p| Some((p.y?, p.base)));
        let ends = values.flat_map(|(y, base)| [Some(y), from_zero.then_some(base)]).flatten();
        let (mut low, mut high) = range(ends).unwrap_or(if self.y.spacing.is_log() { (1.0, 10.0) } else { (0.0, 1.0) });
        // a line that is near zero anyway starts at zero
        if !self.y.spacing.is_log() && low > 0.0 && (from_zero || low < high * 0.5) {
            low = 0.0;
        }
        if !self.y.spacing.is_log() && high < 0.0 && from_zero {
            high = 0.0;
        }
        if let Some(min) = self.y.min.filter(|min| !self.y.spacing.is_log() || *min > 0.0) {
            low = min;
        }
        if let Some(max) = self.y.max.filter(|max| !self.y.spacing.is_log() || *max > 0.0) {
            high = max;
        }
        if low >= high {
            // one value, or bounds that exclude each other
            let room = if low == 0.0 { 1.0 } else { low.abs() * 0.5 };
            return if self.y.spacing.is_log() { (low / 10.0, low * 10.0) } else { (low - room, low + room) };
        }
        (low, high)
    }
}

fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |found: Option<(f64, f64)>, v| match found {
        Some((low, high)) => Some((low.min(v), high.max(v))),
        None => Some((v, v)),
    })
}

/// The positions along x, and the position of each row; `None` for a row without x.
fn positions(x: usize, discrete: bool, data: &Data) -> (Positions, Vec<Option<f64>>) {
    let rows = 0..data.rows;
    if !discrete && data.is_number(x) {
        let unit = if data.is_timespan(x) { Unit::Timespan } else { Unit::Number };
        return (Positions::Continuous(unit), rows.map(|row| data.number(x, row)).collect());
    }
    if !discrete && data.is_time(x) {
        let base = rows.clone().filter_map(|row| data.time(x, row)).min().unwrap_or(0);
        let places = rows.map(|row| data.time(x, row).map(|t| (t - base) as f64)).collect();
        return (Positions::Continuous(Unit::Time(base)), places);
    }
    match data.columns.get(x).map(|c| &c.values) {
        Some(Values::Time(values)) => {
            let mut times: Vec<i64> = values.iter().copied().flatten().collect();
            times.sort_unstable();
            times.dedup();
            let place = |t: &Option<i64>| t.and_then(|t| times.binary_search(&t).ok()).map(|at| at as f64);
            let places = values.iter().map(place).collect();
            let names = times.iter().map(|t| {
                let mut text = String::new();
                kql_engine::time::datetime_short(*t, &mut text);
                text
            });
            (Positions::Categories(names.collect(), Some(times)), places)
        }
        Some(Values::Number(values)) => {
            let mut numbers: Vec<f64> =
                values.iter().copied().flatten().filter(|v| v.is_finite()).map(|v| v + 0.0).collect();
            numbers.sort_by(f64::total_cmp);
            numbers.dedup();
            // adding zero turns -0 into 0, which is equal
            let find = |n: f64| numbers.binary_search_by(|probe| probe.total_cmp(&(n + 0.0))).ok();
            let places = values.iter().map(|n| n.and_then(find).map(|at| at as f64)).collect();
            let text = if data.is_timespan(x) { scale::timespan } else { scale::exact };
            let names = numbers.iter().map(|n| text(*n));
            (Positions::Categories(names.collect(), None), places)
        }
        _ => {
            let mut names: Vec<String> = Vec::new();
            let mut known: HashMap<String, usize> = HashMap::new();
            let places = rows.map(|row| {
                let name = data.text(x, row);
                let at = *known.entry(name.clone()).or_insert_with(|| {
                    names.push(name);
                    names.len() - 1
                });
                Some(at as f64)
            });
            let places = places.collect();
            (Positions::Categories(names, None), places)
        }
    }
}

/// A series for each combination of names and each column of values.
fn series(roles: &Roles, places: &[Option<f64>], data: &Data) -> Vec<Series> {
    let mut found: Vec<Series> = Vec::new();
    let mut known: HashMap<(String, usize), usize> = HashMap::new();
    for (row, place) in places.iter().enumerate() {
        let Some(x) = *place else { continue };
        let names: Vec<String> = roles.series.iter().map(|i| data.text(*i, row)).collect();
        let name = names.join(", ");
        for &column in &roles.values {
            let at = *known.entry((name.clone(), column)).or_insert_with(|| {
                let shown = match (roles.series.is_empty(), roles.values.len()) {
                    (true, _) => data.name(column).to_owned(),
                    (false, 1) if name.is_empty() => "(empty)".to_owned(),
                    (false, 1) => name.clone(),
                    (false, _) => format!("{name}: {}", data.name(column)),
                };
                found.push(Series { name: shown, points: Vec::new() });
                found.len() - 1
            });
            if let Some(series) = found.get_mut(at) {
                series.points.push(Point { x, base: 0.0, y: data.number(column, row) });
            }
        }
    }
    found
}
