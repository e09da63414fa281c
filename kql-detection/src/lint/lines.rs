//! Places as lines and columns.

use crate::problem::Place;

/// Lines and columns of a range, from 1: start line, start column, end line, end column. Columns count characters.
pub fn place_in_lines(text: &str, place: Place) -> (usize, usize, usize, usize) {
    let position = |byte: usize| {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        (line, before.get(start..).map_or(0, |row| row.chars().count()) + 1)
    };
    let ((line, column), (end_line, end_column)) = (position(place.start), position(place.end));
    (line, column, end_line, end_column)
}
