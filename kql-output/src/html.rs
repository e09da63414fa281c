//! A self-contained page: the drawings, the rows, and each drawing's Vega-Lite specification as data. It works
//! offline, as the engine does: it has no script, and its content security policy forbids the browser to fetch anything.

use crate::chart::MAX_POINTS;
use crate::chart::{Chart, cut, svg, svg::escape, vega};
use crate::{Error, Excerpt};
use kql_engine::{ScalarType, TableStream, cell};
use std::fmt::Write as _;
use std::io::Write;

/// Rows above this number are counted but not shown: a browser would be slow.
const MAX_ROWS: usize = 10_000;
/// The maximum number of rows of a fragment below a drawing.
const ROWS_OF_CHART: usize = 20;
/// The maximum number of characters shown of a cell; a tooltip shows the rest.
const MAX_CELL: usize = 400;

/// All selectors are below `.kql`: a fragment must not change the page around it.
const STYLE: &str = "\
.kql{color:#222;background:#fff}.kql section{margin-bottom:40px}.kql h2{font-size:17px;margin:0 0 10px}\
.kql svg.chart{max-width:100%;height:auto;display:block;margin-bottom:16px}.kql .note{color:#7a5b00;margin:4px 0}\
.kql .scroll{overflow:auto;max-height:80vh;border:1px solid #ddd}\
.kql table{border-collapse:collapse;font-variant-numeric:tabular-nums}.kql th{position:sticky;top:0;background:#f3f4f6;\
text-align:left;border-bottom:2px solid #ccc}.kql th small{display:block;font-weight:400;color:#777}\
.kql th,.kql td{padding:4px 10px;vertical-align:top;border-right:1px solid #eee;max-width:480px;overflow-wrap:anywhere;\
white-space:pre-wrap;text-align:left}.kql tbody tr:nth-child(even){background:#fafafa}\
.kql td.n{text-align:right;white-space:nowrap}.kql td.t{white-space:nowrap}.kql .null{color:#aaa;font-style:italic}\
.kql .count{color:#666;margin:6px 0}";
const PAGE_STYLE: &str =
    "body{font:14px/1.45 system-ui,'Segoe UI',Helvetica,Arial,sans-serif;color:#222;margin:24px;background:#fff}";

pub fn write(results: Vec<TableStream>, out: &mut impl Write, notices: &mut Vec<String>) -> Result<(), Error> {
    let title = results.iter().find_map(|r| Chart::title(r.render.as_ref())).map(str::to_owned);
    let title = escape(title.as_deref().unwrap_or("Result of a query"));
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{PAGE_STYLE}{STYLE}</style>\n\
         </head>\n<body class=\"kql\">\n"
    )?;
    let several = results.len() > 1;
    for (i, result) in results.into_iter().enumerate() {
        let limit = if Chart::is_wanted(result.render.as_ref()) { MAX_POINTS.max(MAX_ROWS) } else { MAX_ROWS };
        let excerpt = Excerpt::read(result, limit)?;
        section(&excerpt, i + 1, several, MAX_ROWS, out, notices)?;
        out.flush()?;
    }
    writeln!(out, "</body>\n</html>")?;
    Ok(())
}

/// Results as HTML that is put into another page, such as a notebook: for each the drawing that it asks for, and its first
/// `rows` rows. `number` tells the fragments of a page apart.
///
/// # Errors
/// Those of [`crate::write`].
pub fn fragment(results: &[Excerpt], rows: usize, number: usize) -> Result<String, Error> {
    let mut out = format!("<div class=\"kql\"><style>{STYLE}</style>\n").into_bytes();
    for (i, excerpt) in results.iter().enumerate() {
        // below a drawing, a few rows are enough
        let most = if Chart::is_wanted(excerpt.table.render.as_ref()) { rows.min(ROWS_OF_CHART) } else { rows };
        // the notes are in the text
        section(excerpt, number * 1000 + i, results.len() > 1, most, &mut out, &mut Vec::new())?;
    }
    out.extend_from_slice(b"</div>");
    String::from_utf8(out).map_err(|error| Error::encoding("html", error))
}

/// A result: its name if it has to be told apart, its drawing, its first rows.
fn section(
    excerpt: &Excerpt,
    number: usize,
    named: bool,
    most: usize,
    out: &mut impl Write,
    notices: &mut Vec<String>,
) -> Result<(), Error> {
    writeln!(out, "<section>")?;
    if named {
        writeln!(out, "<h2>{}</h2>", escape(&excerpt.table.name))?;
    }
    match Chart::of(excerpt) {
        Some(Ok(chart)) => {
            out.write_all(svg::draw(&chart, number).as_bytes())?;
            for note in &chart.notes {
                writeln!(out, "<p class=\"note\">{}</p>", escape(note))?;
            }
            if let Some(spec) = vega::specification(&chart) {
                // inside a script element, only < could end it
                let spec = spec.to_string().replace('<', "\\u003c");
                writeln!(out, "<script type=\"application/json\" class=\"vega-lite\">{spec}</script>")?;
            }
            notices.extend(chart.notes);
        }
        Some(Err(error)) => {
            let reason = error.with_rows();
            writeln!(out, "<p class=\"note\">{}</p>", escape(&reason))?;
            notices.push(reason);
        }
        None => {}
    }
    rows(excerpt, most, out)?;
    writeln!(out, "</section>")?;
    Ok(())
}

fn rows(excerpt: &Excerpt, most: usize, out: &mut impl Write) -> Result<(), Error> {
    let Excerpt { table, rows: total } = excerpt;
    let columns = &table.schema.columns;
    write!(out, "<div class=\"scroll\"><table>\n<thead><tr>")?;
    for column in columns {
        write!(out, "<th>{}<small>{}</small></th>", escape(&column.name), column.ty)?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    let mut left = most;
    let (mut line, mut text) = (String::new(), String::new());
    for batch in &table.batches {
        let shown = left.min(batch.num_rows());
        left -= shown;
        for row in 0..shown {
            line.clear();
            line.push_str("<tr>");
            for (column, array) in columns.iter().zip(batch.columns()) {
                let class = match column.ty {
                    ty if ty.is_number() || ty == ScalarType::Timespan => " class=\"n\"",
                    ScalarType::Datetime | ScalarType::Guid | ScalarType::Bool => " class=\"t\"",
                    _ => "",
                };
                if array.is_null(row) && column.ty != ScalarType::String {
                    let _ = write!(line, "<td{class}><span class=\"null\">null</span></td>");
                    continue;
                }
                text.clear();
                cell::text(array, column.ty, row, &mut text);
                if text.chars().count() > MAX_CELL {
                    let _ =
                        write!(line, "<td{class} title=\"{}\">{}</td>", escape(&text), escape(&cut(&text, MAX_CELL)));
                } else {
                    let _ = write!(line, "<td{class}>{}</td>", escape(&text));
                }
            }
            line.push_str("</tr>\n");
            out.write_all(line.as_bytes())?;
        }
    }
    writeln!(out, "</tbody></table></div>")?;
    let count = match *total {
        1 => "1 row".to_owned(),
        n if n > most => format!("{n} rows, the first {most} shown"),
        n => format!("{n} rows"),
    };
    writeln!(out, "<p class=\"count\">{count}</p>")?;
    Ok(())
}
