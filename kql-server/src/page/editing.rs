//! What the editor asks while a query is written: colours, completions, documentation, diagnostics, format.

use super::answer::{Answer, Ask, Failure, blocking};
use super::findings::findings;
use super::positions::Positions;
use crate::query_error::QueryError;
use crate::state::AppState;
use axum::extract::State;
use kql_engine::{Column, Engine, Error, editing};
use kql_parser::Span;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// A text.
#[derive(Deserialize)]
pub struct Text {
    text: String,
}

/// A text and a position in it, in UTF-16 code units.
#[derive(Deserialize)]
pub struct Cursor {
    text: String,
    position: usize,
}

/// The classes of the pieces of a text, and where each of its queries begins and ends.
pub async fn colours(Ask(Text { text }): Ask<Text>) -> Result<Answer<Value>, Failure> {
    blocking(move || {
        let positions = Positions::of(&text);
        let piece = |(from, to, class): (usize, usize, editing::Class)| {
            json!([positions.units(from), positions.units(to), class.name()])
        };
        let classes: Vec<Value> = editing::classes(&text).into_iter().map(piece).collect();
        let sections: Vec<_> = kql_parser::sections(&text).into_iter().map(|s| positions.span(s, 0)).collect();
        Answer(json!({"classes": classes, "sections": sections}))
    })
    .await
}

/// The diagnostics of all queries of a text, and the columns of each result.
pub async fn check(
    State(state): State<Arc<AppState>>,
    Ask(Text { text }): Ask<Text>,
) -> Result<Answer<Value>, Failure> {
    let engine = state.catalog.engine().await?;
    let positions = Positions::of(&text);
    let (mut diagnostics, mut results) = (Vec::new(), Vec::new());
    for section in kql_parser::sections(&text) {
        let (query, offset) = (section.text(&text), section.start as usize);
        let checked = engine.check_async(query).await.map_err(|error| QueryError::of(error, query))?;
        diagnostics.extend(findings(&checked.diagnostics, query, offset, &text, &positions));
        if let Some(columns) = &checked.columns {
            results.push(json!({"name": format!("Result {}", results.len() + 1), "columns": columns_of(columns)}));
        }
    }
    Ok(Answer(json!({"diagnostics": diagnostics, "results": results})))
}

/// Completions at the cursor.
pub async fn complete(
    State(state): State<Arc<AppState>>,
    Ask(Cursor { text, position }): Ask<Cursor>,
) -> Result<Answer<Value>, Failure> {
    at_cursor(&state, text, position, |engine, query, offset, at, positions| {
        let (start, found) = editing::complete(engine, query, at);
        let item = |found: editing::Found| json!({"text": found.text, "kind": found.kind.name(), "about": found.about});
        let items: Vec<Value> = found.into_iter().map(item).collect();
        json!({"start": positions.units(offset + start), "items": items})
    })
    .await
}

/// The documentation of the word at a position.
pub async fn hover(
    State(state): State<Arc<AppState>>,
    Ask(Cursor { text, position }): Ask<Cursor>,
) -> Result<Answer<Value>, Failure> {
    at_cursor(&state, text, position, |engine, query, offset, at, positions| {
        let Some(found) = editing::hover(engine, query, at) else { return Value::Null };
        let (start, end) = (positions.units(offset + found.start), positions.units(offset + found.end));
        json!({"start": start, "end": end, "title": found.title, "text": found.text, "page": found.page})
    })
    .await
}

/// Something about the query at the cursor. `find` gets the engine, that query, where it begins, and the cursor in it.
async fn at_cursor(
    state: &AppState,
    text: String,
    position: usize,
    find: impl FnOnce(&Engine, &str, usize, usize, &Positions) -> Value + Send + 'static,
) -> Result<Answer<Value>, Failure> {
    let engine = state.catalog.engine().await?;
    blocking(move || {
        let positions = Positions::of(&text);
        let cursor = positions.bytes(position);
        let section = section_at(&text, cursor);
        let offset = section.start as usize;
        Answer(find(&engine, section.text(&text), offset, cursor - offset, &positions))
    })
    .await
}

/// The part of a text that is about the query at the cursor: it goes on to the cursor, where a word may be missing.
fn section_at(text: &str, cursor: usize) -> Span {
    let at = u32::try_from(cursor).unwrap_or(u32::MAX);
    let sections = kql_parser::sections(text.get(..cursor).unwrap_or(text));
    let begun = sections.last().copied().unwrap_or(Span::empty(at));
    // after blank lines, a new query begins
    let start = if begun.end < at && is_blank_line(text, begun.end as usize, cursor) { at } else { begun.start };
    let whole = kql_parser::sections(text).into_iter().find(|section| section.start <= start && start < section.end);
    match whole {
        Some(whole) => Span::new(whole.start.min(start), whole.end.max(at)),
        None => Span::new(start, at),
    }
}

fn is_blank_line(text: &str, from: usize, to: usize) -> bool {
    let between = text.get(from..to).unwrap_or("");
    let goes_on = text.get(..from).is_some_and(|before| before.ends_with([';', '|', ',', '=', '(']));
    !goes_on && between.trim().is_empty() && between.matches('\n').count() > 1
}

/// The text with each of its queries formatted; what is between them stays.
pub async fn format(Ask(Text { text }): Ask<Text>) -> Result<Answer<Value>, Failure> {
    blocking(move || {
        let (mut out, mut end) = (String::with_capacity(text.len()), 0);
        for section in kql_parser::sections(&text) {
            let query = section.text(&text);
            let (from, to) = (section.start as usize, section.end as usize);
            let formatted = kql_parser::format(query).map_err(|diagnostics| {
                // positions are those of the whole text
                let offset = section.start;
                let moved = diagnostics.into_iter().map(|mut d| {
                    d.span = Span::new(d.span.start + offset, d.span.end + offset);
                    d
                });
                Failure::of(&QueryError::of(Error::Query(moved.collect()), &text), &text)
            })?;
            out.push_str(text.get(end..from).unwrap_or(""));
            out.push_str(formatted.trim_end());
            end = to;
        }
        out.push_str(text.get(end..).unwrap_or(""));
        Ok(Answer(json!({"text": out})))
    })
    .await?
}

/// Columns, each with its name as a query writes it.
pub fn columns_of(columns: &[Column]) -> Vec<Value> {
    let column =
        |column: &Column| json!({"name": column.name, "type": column.ty.name(), "text": editing::quoted(&column.name)});
    columns.iter().map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_at_the_cursor() {
        let at = |text: &str| {
            let cursor = text.find('^').unwrap();
            let text = text.replace('^', "");
            section_at(&text, cursor).text(&text).to_owned()
        };
        assert_eq!(at("A | count\n\nB | wh^"), "B | wh");
        assert_eq!(at("A | co^unt\n\nB"), "A | count");
        // a pipe at the end goes on
        assert_eq!(at("A | ^\n\nB"), "A | \n\nB");
        assert_eq!(at("A\n\n^"), "");
        assert_eq!(at("let x = 1;\n\n^"), "let x = 1;\n\n");
        assert_eq!(at("^"), "");
        assert_eq!(at("A\n| ^"), "A\n| ");
    }
}
