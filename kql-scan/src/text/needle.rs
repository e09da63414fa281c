//! One needle: its comparison, the parts of it that a search looks for, and whether it really is at a position.

use super::fold::{fold_code, fold_text, variants};
use super::mode::{Case, Mode};
use super::terms::{ends_with_term, first, last, starts_with_term};

/// A needle to try at a candidate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Its index.
    pub needle: usize,
    /// The position in it that the candidate refers to, see [`Gram::anchor`].
    pub anchor: usize,
}

/// The maximum number of bytes of a needle that a search looks for.
pub(super) const GRAM: usize = 8;

/// A compiled needle.
#[derive(Debug)]
pub(super) struct Needle {
    /// The needle, folded if case is ignored.
    folded: Box<str>,
    comparison: Comparison,
    /// A term character must not stand right before it.
    left: bool,
    /// A term character must not stand right after it.
    right: bool,
}

#[derive(Debug)]
enum Comparison {
    /// Byte by byte.
    Exact,
    /// Byte by byte, ASCII letters of either case.
    Ascii,
    /// Character by character: the folded code points.
    Folded(Box<[u32]>),
}

/// A part of the needle that a search can look for.
#[derive(Clone, Debug)]
pub(super) struct Gram {
    /// Its position in the needle, counted in bytes, or in characters for [`Comparison::Folded`].
    pub anchor: usize,
    /// The number of bytes, from 1 to [`GRAM`].
    pub width: usize,
    /// The bytes (the rest is 0), with ASCII letters in upper case if case is ignored. There are several forms if
    /// characters beyond ASCII have several.
    pub forms: Vec<[u8; GRAM]>,
}

impl Needle {
    pub(super) fn new(text: &str, mode: Mode, case: Case) -> Needle {
        let bytes = text.as_bytes();
        let left = matches!(mode, Mode::Has | Mode::HasPrefix) && starts_with_term(bytes);
        let right = matches!(mode, Mode::Has | Mode::HasSuffix) && ends_with_term(bytes);
        if case == Case::Sensitive {
            return Needle { folded: text.into(), comparison: Comparison::Exact, left, right };
        }
        let folded: Box<str> = fold_text(text).into();
        let comparison = if folded.is_ascii() {
            Comparison::Ascii
        } else {
            Comparison::Folded(folded.chars().map(|c| c as u32).collect())
        };
        Needle { folded, comparison, left, right }
    }

    /// The needle, folded if case is ignored.
    pub(super) fn folded(&self) -> &str {
        &self.folded
    }

    pub(super) fn ignores_case(&self) -> bool {
        !matches!(self.comparison, Comparison::Exact)
    }

    /// Whether every value equal to it has the same number of bytes.
    pub(super) fn keeps_length(&self) -> bool {
        !matches!(self.comparison, Comparison::Folded(_))
    }

    /// The parts of the needle that a search can look for; at least one for a needle that is not empty.
    pub(super) fn grams(&self) -> Vec<Gram> {
        match &self.comparison {
            Comparison::Folded(codes) => (0..codes.len()).map(|anchor| folded_gram(codes, anchor)).collect(),
            _ => {
                let bytes = self.folded.as_bytes();
                let width = bytes.len().min(GRAM);
                let gram = |(anchor, window): (usize, &[u8])| {
                    let mut form = [0; GRAM];
                    form.iter_mut().zip(window).for_each(|(to, from)| *to = *from);
                    Gram { anchor, width, forms: vec![form] }
                };
                bytes.windows(width.max(1)).enumerate().map(gram).collect()
            }
        }
    }

    /// Whether the needle is in the row such that the part at `anchor` is at byte `at`.
    #[inline]
    pub(super) fn is_at(&self, row: &[u8], at: usize, anchor: usize) -> bool {
        let (start, end) = match &self.comparison {
            Comparison::Folded(codes) => match folded_span(codes, row, at, anchor) {
                Some(span) => span,
                None => return false,
            },
            exact_or_ascii => {
                let Some(start) = at.checked_sub(anchor) else { return false };
                let end = start + self.folded.len();
                let Some(found) = row.get(start..end) else { return false };
                let same = match exact_or_ascii {
                    Comparison::Exact => found == self.folded.as_bytes(),
                    _ => found.eq_ignore_ascii_case(self.folded.as_bytes()),
                };
                if !same {
                    return false;
                }
                (start, end)
            }
        };
        !(self.left && row.get(..start).is_some_and(ends_with_term)
            || self.right && row.get(end..).is_some_and(starts_with_term))
    }

    /// Where the needle ends in the row if the row starts with it, else `None`.
    pub(super) fn prefix_end(&self, row: &[u8]) -> Option<usize> {
        match &self.comparison {
            Comparison::Folded(codes) => folded_span(codes, row, 0, 0).map(|(_, end)| end),
            _ => self.is_at(row, 0, 0).then_some(self.folded.len()),
        }
    }

    /// Whether the row ends with it.
    pub(super) fn is_suffix(&self, row: &[u8]) -> bool {
        match &self.comparison {
            Comparison::Folded(codes) => {
                folded_span(codes, row, row.len(), codes.len()).is_some_and(|(_, end)| end == row.len())
            }
            _ => row.len().checked_sub(self.folded.len()).is_some_and(|start| self.is_at(row, start, 0)),
        }
    }
}

/// Compares character by character, forward and backward from the anchor.
fn folded_span(codes: &[u32], row: &[u8], at: usize, anchor: usize) -> Option<(usize, usize)> {
    // A candidate in the middle of a character does not match.
    if row.get(at).is_some_and(|b| b & 0xc0 == 0x80) {
        return None;
    }
    let (mut start, mut end) = (at, at);
    for &code in codes.get(anchor..)? {
        let (found, width) = first(row.get(end..)?)?;
        if found != code && fold_code(found) != code {
            return None;
        }
        end += width;
    }
    for &code in codes.get(..anchor)?.iter().rev() {
        let (found, width) = last(row.get(..start)?)?;
        if found != code && fold_code(found) != code {
            return None;
        }
        start -= width;
    }
    Some((start, end))
}

/// The bytes that the characters from `anchor` onwards can have.
fn folded_gram(codes: &[u32], anchor: usize) -> Gram {
    let mut forms: Vec<Vec<u8>> = vec![Vec::new()];
    for &code in codes.iter().skip(anchor) {
        let Some(c) = char::from_u32(code) else { break };
        let all = if c.is_ascii() { vec![c] } else { variants(c) };
        if forms.iter().any(|form| form.len() >= GRAM) || (forms.len() * all.len() > 16 && anchor_is_set(&forms)) {
            break;
        }
        let longer = |form: &Vec<u8>, c: &char| {
            let mut form = form.clone();
            form.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            form
        };
        forms = forms.iter().flat_map(|form| all.iter().map(|c| longer(form, c)).collect::<Vec<_>>()).collect();
    }
    let width = forms.iter().map(Vec::len).min().unwrap_or(0).clamp(1, GRAM);
    let cut = |form: &Vec<u8>| {
        let mut bytes = [0; GRAM];
        bytes.iter_mut().zip(form.iter().take(width)).for_each(|(to, from)| *to = *from);
        bytes
    };
    let mut forms: Vec<[u8; GRAM]> = forms.iter().map(cut).collect();
    forms.sort_unstable();
    forms.dedup();
    Gram { anchor, width, forms }
}

fn anchor_is_set(forms: &[Vec<u8>]) -> bool {
    forms.iter().all(|form| !form.is_empty())
}

/// Roughly how often a byte occurs in command lines, paths and log messages: the higher, the more often.
pub(super) fn frequency(byte: u8) -> u32 {
    match byte.to_ascii_lowercase() {
        b' ' | b'e' => 250,
        b't' | b'a' | b'o' | b'i' | b'n' | b's' | b'r' => 220,
        b'l' | b'c' | b'd' | b'm' | b'p' => 180,
        b'0' | b'1' | b'2' | b'-' | b'.' | b'\\' | b'/' | b'"' => 170,
        b'u' | b'h' | b'f' | b'g' | b'w' => 140,
        b'3'..=b'9' | b'b' | b'v' | b'y' | b':' | b'_' | b'=' | b',' => 110,
        b'x' | b'k' => 80,
        b'j' | b'q' | b'z' => 40,
        0x80.. => 60,
        _ => 70,
    }
}
