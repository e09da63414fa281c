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
/// The maximum number of characters shown of a cell; a tooltip shows the rest.
const MAX_CELL: usize = 400;

const STYLE: &str = "body{font:14px/1.45 system-ui,'Segoe UI',Helvetica,Arial,sans-serif;color:#222;margin:24px;background:#fff}\
section{margin-bottom:40px}h2{font-size:17px;margin:0 0 10px}svg.chart{max-width:100%;height:auto;display:block;\
margin-bottom:16px}.note{color:#7a5b00;margin:4px 0}.scroll{overflow:auto;max-height:80vh;border:1px solid #ddd}\
table{border-collapse:collapse;font-variant-numeric:tabular-nums}th{position:sticky;top:0;background:#f3f4f6;\
text-align:left;border-bottom:2px solid #ccc}th small{display:block;font-weight:400;color:#777}\
th,td{padding:4px 10px;vertical-align:top;border-right:1px solid #eee;max-width:480px;overflow-wrap:anywhere;\
white-space:pre-wrap}tbody tr:nth-child(even){background:#fafafa}td.n{text-align:right;white-space:nowrap}\
td.t{white-space:nowrap}.null{color:#aaa;font-style:italic}.count{color:#666;margin:6px 0}";

pub fn write(results: Vec<TableStream>, out: &mut impl Write, notices: &mut Vec<String>) -> Result<(), Error> {
    let title = results.iter().find_map(|r| Chart::title(r.render.as_ref())).map(str::to_owned);
    let title = escape(title.as_deref().unwrap_or("Result of a query"));
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n"
    )?;
    let several = results.len() > 1;
    for (i, result) in results.into_iter().enumerate() {
        let limit = if Chart::is_wanted(result.render.as_ref()) { MAX_POINTS.max(MAX_ROWS) } else { MAX_ROWS };
        let excerpt = Excerpt::read(result, limit)?;
        writeln!(out, "<section>")?;
        if several {
            writeln!(out, "<h2>{}</h2>", escape(&excerpt.table.name))?;
        }
        match Chart::of(&excerpt) {
            Some(Ok(chart)) => {
                out.write_all(svg::draw(&chart, i + 1).as_bytes())?;
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
        rows(&excerpt, out)?;
        writeln!(out, "</section>")?;
        out.flush()?;
    }
    writeln!(out, "</body>\n</html>")?;
    Ok(())
}

fn rows(excerpt: &Excerpt, out: &mut impl Write) -> Result<(), Error> {
    let Excerpt { table, rows: total } = excerpt;
    let columns = &table.schema.columns;
    write!(out, "<div class=\"scroll\"><table>\n<thead><tr>")?;
    for column in columns {
        write!(out, "<th>{}<small>{}</small></th>", escape(&column.name), column.ty)?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    let mut left = MAX_ROWS;
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
        n if n > MAX_ROWS => format!("{n} rows, the first {MAX_ROWS} shown"),
        n => format!("{n} rows"),
    };
    writeln!(out, "<p class=\"count\">{count}</p>")?;
    Ok(())
}
