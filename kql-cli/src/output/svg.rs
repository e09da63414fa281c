//! The drawing that `render` asks for, as an SVG file.

use crate::chart::{Chart, svg};
use crate::failure::Failure;
use kql_engine::Table;
use std::io::Write;

pub fn write(tables: &[Table], out: &mut impl Write, notices: &mut Vec<String>) -> Result<(), Failure> {
    let mut charts = tables.iter().filter_map(Chart::of);
    let Some(first) = charts.next() else {
        return Err(Failure::Query(
            "There is nothing to draw: the query has no render that draws, such as | render timechart.".to_owned(),
        ));
    };
    if charts.next().is_some() {
        return Err(Failure::Usage(
            "An SVG file holds one drawing, and the query gives several: --format html holds all of them.".to_owned(),
        ));
    }
    let chart = first.map_err(|reason| Failure::Query(format!("There is no drawing: {}.", before(&reason))))?;
    notices.extend(chart.notes.iter().cloned());
    out.write_all(svg::draw(&chart, 1).as_bytes())?;
    Ok(())
}

/// The reason without what is said of rows, which an SVG has not.
fn before(reason: &str) -> &str {
    reason.split(": the rows follow").next().unwrap_or(reason)
}
