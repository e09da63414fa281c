//! A stream of words and possible line breaks, and its layout in lines.
//!
//! A group is printed on one line if it fits; else each of its own breaks is a line break. The stream is flat, so nesting
//! does not use the stack.

use std::borrow::Cow;

/// The maximum width of a line; longer lines are broken.
const WIDTH: usize = 100;
/// One level of indentation.
const INDENT: usize = 4;

/// A piece of the stream.
#[derive(Debug)]
pub enum Piece<'a> {
    /// A word.
    Text(Cow<'a, str>),
    /// A blank, or a line break.
    Line,
    /// Nothing, or a line break.
    Soft,
    /// A blank, or a line break if what follows does not fit.
    Fill,
    /// A line break.
    Hard,
    /// A line break and an empty line.
    Blank,
    /// A group begins.
    Open,
    /// A group ends.
    Close,
    /// The following lines are indented one level more.
    In,
    /// The following lines are indented one level less.
    Out,
    /// A comment to the end of the line, and whether it is alone on its line.
    Comment(&'a str, bool),
}

/// Lays out a stream.
pub fn lines(pieces: &[Piece]) -> String {
    let widths = widths(pieces);
    let mut out = Writer::default();
    // whether the group is broken, innermost last
    let mut broken = vec![true];
    for (i, piece) in pieces.iter().enumerate() {
        let is_broken = broken.last().copied().unwrap_or(true);
        match piece {
            Piece::Text(text) => out.text(text),
            Piece::Line if is_broken => out.newline(),
            Piece::Line => out.text(" "),
            Piece::Soft if is_broken => out.newline(),
            Piece::Soft => {}
            Piece::Fill => {
                let fits = out.column + 1 + to_break(pieces, i + 1, &widths, WIDTH) <= WIDTH;
                if is_broken && !fits { out.newline() } else { out.text(" ") }
            }
            Piece::Hard => out.newline(),
            Piece::Blank => out.blank(),
            Piece::Open => {
                let width = widths.get(i).copied().unwrap_or(usize::MAX);
                let room = WIDTH.saturating_sub(out.column);
                let fits = width <= room && width + after(pieces, i, &widths, room) <= room;
                broken.push(!fits);
            }
            Piece::Close => {
                broken.pop();
            }
            Piece::In => out.indent += 1,
            Piece::Out => out.indent = out.indent.saturating_sub(1),
            Piece::Comment(text, own) => out.comment(text, *own),
        }
    }
    out.finish()
}

/// Too wide for any line.
const NEVER: usize = usize::MAX / 4;

/// For the beginning of each group its width on one line, else the width of the piece; [`NEVER`] if it must break.
fn widths(pieces: &[Piece]) -> Vec<usize> {
    let mut widths = vec![0usize; pieces.len()];
    let mut open: Vec<(usize, usize, usize)> = Vec::new();
    // the width of all pieces so far, and how many of them cannot be within a line
    let (mut total, mut never) = (0usize, 0usize);
    for (i, piece) in pieces.iter().enumerate() {
        let width = match piece {
            Piece::Open => {
                open.push((i, total, never));
                continue;
            }
            Piece::Close => {
                if let Some((at, total_before, never_before)) = open.pop()
                    && let Some(slot) = widths.get_mut(at)
                {
                    *slot = if never > never_before { NEVER } else { total - total_before };
                }
                continue;
            }
            Piece::Text(text) if text.contains('\n') => NEVER,
            Piece::Text(text) => text.chars().count(),
            Piece::Line | Piece::Fill => 1,
            Piece::Hard | Piece::Blank | Piece::Comment(..) => NEVER,
            Piece::Soft | Piece::In | Piece::Out => 0,
        };
        if width == NEVER {
            never += 1;
        } else {
            total += width;
        }
        if let Some(slot) = widths.get_mut(i) {
            *slot = width;
        }
    }
    widths
}

/// The width of what follows a group on the line of its end.
fn after(pieces: &[Piece], open: usize, widths: &[usize], limit: usize) -> usize {
    let mut depth = 0usize;
    let mut spent = 0usize;
    for (i, piece) in pieces.iter().enumerate().skip(open) {
        match piece {
            Piece::Open => depth += 1,
            Piece::Close => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return to_break(pieces, i + 1, widths, limit);
                }
            }
            // a group that fits has no more pieces than a line has characters, except for pieces without width
            _ => {
                spent += 1;
                if spent > limit * 8 + 64 {
                    return 0;
                }
            }
        }
    }
    0
}

/// The width from a piece to the next possible line break.
fn to_break(pieces: &[Piece], from: usize, widths: &[usize], limit: usize) -> usize {
    let mut width = 0usize;
    for (i, piece) in pieces.iter().enumerate().skip(from) {
        match piece {
            Piece::Line | Piece::Soft | Piece::Fill | Piece::Hard | Piece::Blank | Piece::Comment(..) => return width,
            Piece::Text(_) => width += widths.get(i).copied().unwrap_or(0),
            _ => {}
        }
        if width > limit {
            return width;
        }
    }
    width
}

/// The text so far, and the position in it.
#[derive(Default)]
struct Writer {
    out: String,
    column: usize,
    indent: usize,
    /// A line break is due before the next word.
    due: bool,
}

impl Writer {
    fn text(&mut self, text: &str) {
        let text = if self.due || self.at_start() { text.trim_start_matches(' ') } else { text };
        if text.is_empty() {
            return;
        }
        if self.due {
            self.newline();
        }
        if self.at_start() {
            self.out.extend(std::iter::repeat_n(' ', self.indent * INDENT));
            self.column = self.indent * INDENT;
        }
        self.out.push_str(text);
        match text.rfind('\n') {
            Some(at) => self.column = text.get(at + 1..).unwrap_or("").chars().count(),
            None => self.column += text.chars().count(),
        }
    }

    fn at_start(&self) -> bool {
        self.out.is_empty() || self.out.ends_with('\n')
    }

    fn newline(&mut self) {
        self.due = false;
        while self.out.ends_with(' ') {
            self.out.pop();
        }
        if !self.at_start() {
            self.out.push('\n');
        }
        self.column = 0;
    }

    fn blank(&mut self) {
        self.newline();
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn comment(&mut self, text: &str, own: bool) {
        if own || self.due {
            self.newline();
        }
        if self.at_start() {
            self.out.extend(std::iter::repeat_n(' ', self.indent * INDENT));
        } else if !self.out.ends_with(' ') {
            self.out.push(' ');
        }
        self.out.push_str(text);
        self.due = true;
    }

    fn finish(mut self) -> String {
        self.newline();
        self.out
    }
}
