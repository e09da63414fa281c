//! Edits of a text.

use kql_parser::Span;

/// The text after the edits, which are in the order of the text.
pub(super) fn apply(edits: &[(Span, String)], text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut done = 0;
    for (span, new) in edits {
        out.push_str(text.get(done..span.start as usize).unwrap_or(""));
        out.push_str(new);
        done = span.end as usize;
    }
    out.push_str(text.get(done..).unwrap_or(""));
    out
}

/// A prime, so that remainders form a field.
const MODULUS: u128 = (1 << 61) - 1;
const BASE: u64 = 0x0123_4567_89ab_cdef;

/// Hashes of all starts of a text, from which that of an edited text is computed without making it: there are as many
/// mutants as the text is long.
pub(super) struct Fingerprints {
    starts: Vec<u64>,
    powers: Vec<u64>,
}

impl Fingerprints {
    pub(super) fn new(text: &str) -> Self {
        let (mut starts, mut powers) = (vec![0], vec![1]);
        let (mut hash, mut power) = (0, 1);
        for byte in text.bytes() {
            hash = next(hash, byte);
            power = multiply(power, BASE);
            starts.push(hash);
            powers.push(power);
        }
        Fingerprints { starts, powers }
    }

    /// The length and the hash of the text after the edits.
    pub(super) fn of(&self, edits: &[(Span, String)]) -> (usize, u64) {
        let (mut hash, mut length, mut done) = (0, 0, 0);
        let mut append = |from: usize, to: usize, hash: u64| {
            length += to.saturating_sub(from);
            self.append(hash, from, to)
        };
        let mut added = 0;
        for (span, new) in edits {
            hash = append(done, span.start as usize, hash);
            hash = new.bytes().fold(hash, next);
            added += new.len();
            done = span.end as usize;
        }
        hash = append(done, self.starts.len().saturating_sub(1), hash);
        (length + added, hash)
    }

    /// The hash of a text with that hash and bytes of the original text behind it.
    fn append(&self, hash: u64, from: usize, to: usize) -> u64 {
        let at = |values: &[u64], i: usize| values.get(i).copied().unwrap_or(0);
        let power = at(&self.powers, to.saturating_sub(from));
        let skipped = multiply(at(&self.starts, from), power);
        let sum = u128::from(multiply(hash, power)) + u128::from(at(&self.starts, to)) + MODULUS - u128::from(skipped);
        (sum % MODULUS) as u64
    }
}

fn multiply(a: u64, b: u64) -> u64 {
    (u128::from(a) * u128::from(b) % MODULUS) as u64
}

fn next(hash: u64, byte: u8) -> u64 {
    ((u128::from(hash) * u128::from(BASE) + u128::from(byte) + 1) % MODULUS) as u64
}

/// The removal of a range. A line that would be empty goes with it, and words that would touch get a blank.
pub(super) fn cut(text: &str, span: Span) -> (Span, String) {
    let (start, end) = (span.start as usize, span.end as usize);
    let (before, after) = (text.get(..start).unwrap_or(""), text.get(end..).unwrap_or(""));
    let line_start = before.trim_end_matches([' ', '\t']).len();
    let line_end = after.len() - after.trim_start_matches([' ', '\t', '\r']).len();
    let begins_line = line_start == 0 || before.get(..line_start).is_some_and(|b| b.ends_with('\n'));
    let rest = after.get(line_end..).unwrap_or("");
    if begins_line && (rest.is_empty() || rest.starts_with('\n')) {
        let end = end + line_end + usize::from(!rest.is_empty());
        return (Span::new(line_start as u32, end as u32), String::new());
    }
    // of the blanks on both sides those on the left go, or after a bracket those on the right
    let start = if begins_line { start } else { line_start };
    let before = text.get(..start).unwrap_or("");
    let open = before.is_empty() || before.ends_with(['(', '[', '{', ' ', '\t', '\n']);
    let end = if open { end + (after.len() - after.trim_start_matches([' ', '\t']).len()) } else { end };
    let after = text.get(end..).unwrap_or("");
    let closed = after.chars().next().is_none_or(|c| c.is_whitespace() || ")]},;".contains(c));
    let span = Span::new(start as u32, end as u32);
    (span, if open || closed { String::new() } else { " ".to_string() })
}

/// A piece of the text on one line, shortened, for descriptions.
pub(super) fn snippet(text: &str, span: Span) -> String {
    const LONGEST: usize = 60;
    let mut out = String::new();
    for word in span.text(text).split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
        if out.len() > 4 * LONGEST {
            break;
        }
    }
    if out.chars().count() > LONGEST {
        out = out.chars().take(LONGEST - 1).collect();
        out.push('…');
    }
    out
}
