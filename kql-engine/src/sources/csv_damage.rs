//! Quotes in CSV that nothing closes, or that close a value lines later: everything between them would be one value.
//!
//! A value can contain line breaks, so the lines themselves are the evidence. The line with the quote is damaged, and
//! reading goes on with the next line, if the row is wrong in any case (the quote is not closed, its end is followed by
//! other text, or the row has another number of fields than the header) and the lines look like rows. A row that is valid
//! is kept, whatever it looks like, but it is named.

/// A row that contains line breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// Nothing speaks against it.
    Row,
    /// It is valid, but has this number of lines that look like rows.
    Doubtful(usize),
    /// Its first lines are damaged; the next row begins at this offset in its text.
    Damaged(usize),
}

/// What is known about a row before its lines are compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub delimiter: u8,
    /// The number of fields of the header.
    pub width: usize,
    /// The row is refused: it has another number of fields, or ends inside quotes.
    pub refused: bool,
}

/// Lines that are compared.
const LINES: usize = 64;
/// Delimiters in lines that look like rows: as many are no coincidence.
const STRONG: usize = 8;

/// Examines a row that contains line breaks.
pub(super) fn examine(row: &[u8], shape: Shape) -> Verdict {
    let Some(value) = first_long_value(row, shape.delimiter) else { return Verdict::Row };
    let Some(feed) = row.get(value.open..).and_then(|rest| memchr::memchr(b'\n', rest)) else { return Verdict::Row };
    let next = value.open + feed + 1;
    let Shape { delimiter, width, .. } = shape;
    // the line with the quote is a row if the quote means nothing
    let head = row.get(value.open..next).unwrap_or_default();
    let is_first_row = value.before + 1 + count(head, delimiter) == width;
    let closed = value.close.is_some();
    let end = if closed || row.ends_with(b"\n") { row.len() } else { last_line(row) };
    let (mut lines, mut alike, mut is_second_row) = (0, 0, false);
    let rest = row.get(next..end.max(next)).unwrap_or_default();
    for line in rest.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).take(LINES) {
        let fits = looks_like_row(line, shape);
        is_second_row |= fits && lines == 0;
        lines += 1;
        alike += usize::from(fits);
    }
    let marks = alike * width.saturating_sub(1);
    let strong = marks >= STRONG && alike * 10 >= lines * 9;
    let is_wrong = shape.refused || !closed || value.irregular;
    if is_wrong && width > 1 && ((is_first_row && is_second_row) || strong) {
        return Verdict::Damaged(next);
    }
    let is_odd = value.irregular && lines > 1 || is_first_row && strong;
    if is_odd && !shape.refused { Verdict::Doubtful(lines) } else { Verdict::Row }
}

/// A quoted value of several lines.
struct LongValue {
    /// The number of fields before it.
    before: usize,
    /// The offset after its first quote.
    open: usize,
    /// The offset of the quote that closes it.
    close: Option<usize>,
    /// The quote that closes it is followed by more text.
    irregular: bool,
}

fn first_long_value(row: &[u8], delimiter: u8) -> Option<LongValue> {
    let (mut at, mut before) = (0, 0);
    while let Some(first) = row.get(at) {
        if *first == b'"' {
            let open = at + 1;
            let close = closing(row, open);
            let end = close.unwrap_or(row.len());
            let after = row.get(end + 1..).unwrap_or_default();
            let regular = after.is_empty()
                || after.first() == Some(&delimiter)
                || after.starts_with(b"\n")
                || matches!(after, b"\r" | [b'\r', b'\n', ..]);
            if row.get(open..end).is_some_and(|value| value.contains(&b'\n')) {
                return Some(LongValue { before, open, close, irregular: close.is_some() && !regular });
            }
            at = end + 1;
        }
        at += memchr::memchr(delimiter, row.get(at..)?)? + 1;
        before += 1;
    }
    None
}

/// Where the quote is that closes a value; two in a row are a quote in the value.
fn closing(row: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr(b'"', row.get(at..)?)?;
        if row.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// Where the last line begins.
fn last_line(row: &[u8]) -> usize {
    memchr::memrchr(b'\n', row).map_or(0, |feed| feed + 1)
}

fn count(line: &[u8], delimiter: u8) -> usize {
    memchr::memchr_iter(delimiter, line).count()
}

/// Whether a line alone has as many fields as the header: with its quotes, or as if they meant nothing.
fn looks_like_row(line: &[u8], shape: Shape) -> bool {
    if count(line, shape.delimiter) + 1 == shape.width {
        return true;
    }
    let (mut fields, mut at) = (1, 0);
    loop {
        if line.get(at) == Some(&b'"') {
            match closing(line, at + 1) {
                Some(close) => at = close + 1,
                None => return false,
            }
        }
        match line.get(at..).and_then(|rest| memchr::memchr(shape.delimiter, rest)) {
            Some(delimiter) => at += delimiter + 1,
            None => return fields == shape.width,
        }
        fields += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(row: &str, width: usize, refused: bool) -> Verdict {
        examine(row.as_bytes(), Shape { delimiter: b',', width, refused })
    }

    #[test]
    fn rows_of_several_lines() {
        // a text with commas, and a table inside a value
        assert_eq!(of("1,\"a, b\nc\",x", 3, false), Verdict::Row);
        assert_eq!(of("1,\"a,b,c\n1,2,3\n4,5,6\n7,8,9\n1,2,3\",x", 3, false), Verdict::Row);
        assert_eq!(of("1,\"one\ntwo\" ,x", 3, false), Verdict::Row);
        // cut off inside a text
        assert_eq!(of("1,\"one, two\nthree", 3, true), Verdict::Row);
    }

    #[test]
    fn stray_quotes() {
        // not closed
        assert_eq!(of("1,\"a,b\n2,c,d\n3,e,f\n", 3, true), Verdict::Damaged(7));
        assert_eq!(of("1,\"a,b\n2,c,d\n3,e", 3, true), Verdict::Damaged(7));
        // closed by another stray quote, in the middle of a value or at its beginning
        assert_eq!(of("1,\"a,b\n2,c,d\n3,e\"f,g", 3, false), Verdict::Damaged(7));
        assert_eq!(of("1,\"a,b\n2,c,d\n3,\"f,g", 3, true), Verdict::Damaged(7));
        // at its end: the row is valid
        let lines = "2,c,d\n".repeat(6);
        assert_eq!(of(&format!("1,\"a,b\n{lines}3,f\",g"), 3, false), Verdict::Doubtful(7));
        // a column alone shows nothing
        assert_eq!(of("\"a\nb\nc\"d", 1, false), Verdict::Doubtful(2));
    }
}
