//! An aligned table for people. On a terminal it is coloured and cut to the width of the terminal.

use crate::chart::terminal::{Screen, draw, fit};
use crate::chart::{Chart, MAX_POINTS};
use crate::plural::plural;
use crate::{Error, Excerpt};
use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table as Grid, presets};
use kql_engine::{Column, ScalarType, TableStream, cell};
use std::io::Write;
use unicode_width::UnicodeWidthStr;

/// Rows above this number are counted but not shown: people need fewer, and programs use another format.
const MAX_ROWS: usize = 1000;
/// The maximum number of rows after a drawing: more would push it off the screen.
const ROWS_OF_CHART: usize = 20;
/// A column is not made narrower than this as long as another column can be omitted.
const MIN_WIDTH: usize = 8;

/// Writes the table without cutting it.
pub fn write(result: TableStream, out: &mut impl Write) -> Result<(), Error> {
    let Excerpt { table, rows } = Excerpt::read(result, MAX_ROWS)?;
    let columns = &table.schema.columns;
    let mut grid = Grid::new();
    grid.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    grid.set_header(columns.iter().map(|c| c.name.as_str()));
    align(&columns.iter().collect::<Vec<_>>(), &mut grid);
    let mut shown = 0;
    for batch in &table.batches {
        for row in 0..batch.num_rows().min(MAX_ROWS - shown) {
            let cells: Vec<String> = columns
                .iter()
                .zip(batch.columns())
                .map(|(column, array)| {
                    let mut text = String::new();
                    cell::text(array, column.ty, row, &mut text);
                    text
                })
                .collect();
            grid.add_row(cells);
            shown += 1;
        }
    }
    if !columns.is_empty() {
        writeln!(out, "{grid}")?;
    }
    count(rows, shown, out)
}

/// Writes the drawing that the result asks for, and the table for a terminal.
pub fn show(result: TableStream, screen: Screen, out: &mut impl Write, notices: &mut Vec<String>) -> Result<(), Error> {
    let limit = if Chart::is_wanted(result.render.as_ref()) { MAX_POINTS } else { MAX_ROWS };
    let excerpt = Excerpt::read(result, limit)?;
    let mut most = MAX_ROWS;
    match Chart::of(&excerpt) {
        Some(Ok(chart)) => {
            writeln!(out, "{}", draw(&chart, screen))?;
            notices.extend(chart.notes);
            most = ROWS_OF_CHART;
        }
        Some(Err(error)) => notices.push(error.with_rows()),
        None => {}
    }
    let Excerpt { table, rows } = &excerpt;
    let columns = &table.schema.columns;
    let mut cells: Vec<Vec<Option<String>>> = vec![Vec::new(); columns.len()];
    let mut shown = 0;
    for batch in &table.batches {
        let kept = batch.num_rows().min(most - shown);
        shown += kept;
        for ((column, array), list) in columns.iter().zip(batch.columns()).zip(&mut cells) {
            for row in 0..kept {
                let there = !array.is_null(row) || column.ty == ScalarType::String;
                list.push(there.then(|| {
                    let mut text = String::new();
                    cell::text(array, column.ty, row, &mut text);
                    // control characters in the data must not control the terminal
                    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
                }));
            }
        }
    }
    let mut columns: Vec<&Column> = columns.iter().collect();
    let width = |text: &Option<String>| text.as_ref().map_or(4, |t| t.width());
    let measure = |(column, list): (&&Column, &Vec<Option<String>>)| {
        let text = matches!(column.ty, ScalarType::String | ScalarType::Dynamic);
        (list.iter().map(width).max().unwrap_or(0).max(column.name.width()).max(1), text)
    };
    let all = columns.len();
    let mut wanted: Vec<(usize, bool)> = columns.iter().zip(&cells).map(measure).collect();
    // empty columns are omitted first
    if shown > 0 && widths(&wanted, screen.width).len() < all {
        let there = |list: &Vec<Option<String>>| list.iter().flatten().any(|text| !text.is_empty());
        let full: Vec<bool> = cells.iter().map(there).collect();
        let mut keep = full.iter().copied().cycle();
        columns.retain(|_| keep.next().unwrap_or(true));
        let mut keep = full.iter().copied().cycle();
        cells.retain(|_| keep.next().unwrap_or(true));
        wanted = columns.iter().zip(&cells).map(measure).collect();
    }
    let empty = all - columns.len();
    let widths = widths(&wanted, screen.width);
    let mut grid = Grid::new();
    grid.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
    if screen.colour {
        grid.enforce_styling();
    } else {
        grid.force_no_tty();
    }
    let styled = |cell: Cell, attribute: Attribute| if screen.colour { cell.add_attribute(attribute) } else { cell };
    let header = columns.iter().zip(&widths).map(|(c, width)| styled(Cell::new(fit(&c.name, *width)), Attribute::Bold));
    grid.set_header(header.collect::<Vec<_>>());
    align(&columns, &mut grid);
    let mut cut = 0_usize;
    for row in 0..shown {
        let line = cells.iter().zip(&widths).map(|(list, width)| match list.get(row) {
            Some(Some(text)) => {
                cut += usize::from(text.width() > *width);
                Cell::new(fit(text, *width))
            }
            _ => styled(Cell::new(fit("null", *width)), Attribute::Dim),
        });
        grid.add_row(line.collect::<Vec<_>>());
    }
    if !columns.is_empty() {
        writeln!(out, "{grid}")?;
    }
    let left_out = columns.len() - widths.len();
    let lost = [(empty, "empty column"), (left_out, "column"), (cut, "value")];
    let lost: Vec<String> = lost.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| plural(n, what)).collect();
    if !lost.is_empty() {
        let lost = lost.join(", ");
        notices.push(format!("{lost} hidden or cut to fit the terminal; csv, json and html show everything"));
    }
    count(*rows, shown, out)
}

/// The widths of as many columns as fit. The widest texts are cut first; numbers and times are shown whole or omitted.
fn widths(wanted: &[(usize, bool)], width: usize) -> Vec<usize> {
    let mut columns = wanted.len();
    // borders and blanks
    let room = |columns: usize| width.saturating_sub(3 * columns + 1).max(1);
    let held = |columns: usize, most: usize| -> Vec<usize> {
        wanted.iter().take(columns).map(|(w, text)| if *text { (*w).min(most) } else { *w }).collect()
    };
    while columns > 1 && held(columns, MIN_WIDTH).iter().sum::<usize>() > room(columns) {
        columns -= 1;
    }
    if let ([(first, _), ..], 1) = (wanted, columns) {
        return vec![(*first).min(room(1))];
    }
    let (mut low, mut high) = (1, wanted.iter().map(|(w, _)| *w).max().unwrap_or(1).max(1));
    // the greatest width to which all texts can be cut
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if held(columns, middle).iter().sum::<usize>() <= room(columns) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    let mut widths = held(columns, low);
    let mut left = room(columns).saturating_sub(widths.iter().sum());
    for (width, (wanted, _)) in widths.iter_mut().zip(wanted) {
        if left > 0 && *width < *wanted {
            *width += 1;
            left -= 1;
        }
    }
    widths
}

/// Aligns numbers to the right.
fn align(columns: &[&Column], grid: &mut Grid) {
    for (i, column) in columns.iter().enumerate() {
        let number = column.ty.is_number() || column.ty == ScalarType::Timespan;
        if let (true, Some(column)) = (number, grid.column_mut(i)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

fn count(rows: usize, shown: usize, out: &mut impl Write) -> Result<(), Error> {
    match rows {
        1 => writeln!(out, "1 row")?,
        rows if rows > shown => writeln!(out, "{rows} rows, the first {shown} shown")?,
        rows => writeln!(out, "{rows} rows")?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kql_engine::Engine;

    fn shown(query: &str, width: usize) -> String {
        let engine = Engine::builder().build().expect("an engine");
        let mut answer = engine.query(query).unwrap_or_else(|e| panic!("{query}: {e}"));
        let (mut out, mut notices) = (Vec::new(), Vec::new());
        let screen = Screen { width, colour: false };
        show(answer.tables.swap_remove(0).into(), screen, &mut out, &mut notices).expect("shown");
        let out = String::from_utf8(out).expect("text");
        assert!(out.lines().all(|line| line.width() <= width), "{out}");
        format!("{out}--- notices\n{}", notices.join("\n"))
    }

    #[test]
    fn on_a_terminal() {
        let query = "datatable(Time: datetime, Command: string, n: long, Empty: string, Other: string) [
            datetime(2024-05-01), 'powershell.exe -enc AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 5, '', 'line\\nbreak',
            datetime(null), '漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字', long(null), '', '\\x1b[31m']";
        insta::assert_snapshot!([shown(query, 100), shown(query, 60), shown(query, 20)].join("\n"));
    }

    #[test]
    fn rows_after_a_drawing() {
        let text = shown("range x from 1 to 50 step 1 | extend y = x | render linechart", 60);
        assert!(text.contains("50 rows, the first 20 shown"), "{text}");
    }

    #[test]
    fn the_widest_texts_give_way() {
        let texts = |wanted: &[usize], width| widths(&wanted.iter().map(|w| (*w, true)).collect::<Vec<_>>(), width);
        assert_eq!(texts(&[5, 10, 20], 80), [5, 10, 20]);
        assert_eq!(texts(&[5, 50, 60], 50), [5, 18, 17]);
        assert_eq!(texts(&[100], 20), [16]);
        // the last columns are omitted if no column can be narrower
        assert_eq!(texts(&[20; 10], 40).len(), 3);
        assert_eq!(texts(&[20; 3], 1), [1]);
        assert!(texts(&[], 10).is_empty());
        // a time is never cut
        assert_eq!(widths(&[(30, true), (20, false)], 40), [13, 20]);
        assert_eq!(widths(&[(20, false), (20, false)], 40), [20]);
    }
}
