//! Positions as JavaScript counts them, in UTF-16 code units, and as the engine does, in bytes.

use kql_parser::Span;

/// The positions of a text.
pub struct Positions {
    /// After each character that is not ASCII: its end in bytes, and in code units.
    ends: Vec<(usize, usize)>,
    length: usize,
}

impl Positions {
    /// Those of a text.
    pub fn of(text: &str) -> Positions {
        let mut ends = Vec::new();
        let mut shift = 0;
        for (at, c) in text.char_indices().filter(|(_, c)| !c.is_ascii()) {
            shift += c.len_utf8() - c.len_utf16();
            let end = at + c.len_utf8();
            ends.push((end, end - shift));
        }
        Positions { ends, length: text.len() }
    }

    /// The code units before a byte. A byte inside of a character counts as its beginning.
    pub fn units(&self, byte: usize) -> usize {
        let byte = byte.min(self.length);
        let before = self.ends.partition_point(|(end, _)| *end <= byte);
        let (end, units) = before.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or_default();
        units + (byte - end)
    }

    /// The bytes before a code unit; the end of the text if it is shorter.
    pub fn bytes(&self, units: usize) -> usize {
        let before = self.ends.partition_point(|(_, end)| *end <= units);
        let (bytes, end) = before.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or_default();
        (bytes + (units - end)).min(self.length)
    }

    /// The code units of a part, which begins at `offset` bytes of the text.
    pub fn span(&self, span: Span, offset: usize) -> (usize, usize) {
        (self.units(offset + span.start as usize), self.units(offset + span.end as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        let text = "a ä 😀 b";
        let positions = Positions::of(text);
        let units = |at: usize| text.get(..at).map_or(0, |before| before.encode_utf16().count());
        for (at, _) in text.char_indices() {
            assert_eq!(positions.units(at), units(at), "{at}");
            assert_eq!(positions.bytes(units(at)), at, "{at}");
        }
        assert_eq!(positions.units(text.len()), 8);
        assert_eq!((positions.units(999), positions.bytes(999)), (8, text.len()));
        assert_eq!(Positions::of("").bytes(3), 0);
    }
}
