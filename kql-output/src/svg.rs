//! The drawing that `render` asks for, as an SVG file.

use crate::chart::{Chart, svg};
use crate::{Error, Excerpt};
use kql_engine::TableStream;
use std::io::Write;

pub fn write(results: Vec<TableStream>, out: &mut impl Write, notices: &mut Vec<String>) -> Result<(), Error> {
    let mut drawn = results.into_iter().filter(|result| Chart::is_wanted(result.render.as_ref()));
    let first = drawn.next().ok_or(Error::NothingToDraw)?;
    if drawn.next().is_some() {
        return Err(Error::SeveralDrawings);
    }
    let excerpt = Excerpt::read(first, crate::chart::MAX_POINTS)?;
    let chart = Chart::of(&excerpt).ok_or(Error::NothingToDraw)??;
    notices.extend(chart.notes.iter().cloned());
    out.write_all(svg::draw(&chart, 1).as_bytes())?;
    Ok(())
}
