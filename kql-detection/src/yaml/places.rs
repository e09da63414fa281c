//! From the characters that the YAML parser counts to the bytes of the file.

/// Where the characters and lines of a text start.
pub struct Places<'a> {
    text: &'a str,
    /// The byte of each character; `None` if all characters have one byte.
    characters: Option<Vec<usize>>,
    /// The byte where each line starts.
    lines: Vec<usize>,
}

impl<'a> Places<'a> {
    /// Reads the text once.
    pub fn new(text: &'a str) -> Self {
        let characters = (!text.is_ascii()).then(|| text.char_indices().map(|(byte, _)| byte).collect());
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(byte, _)| byte + 1)).collect();
        Places { text, characters, lines }
    }

    /// The byte of a character.
    pub fn byte(&self, character: usize) -> usize {
        let byte = match &self.characters {
            None => character,
            Some(all) => all.get(character).copied().unwrap_or(self.text.len()),
        };
        byte.min(self.text.len())
    }

    /// The last byte at or before `end`, and not before `start`, that white space does not precede.
    pub fn trimmed(&self, start: usize, end: usize) -> usize {
        self.text.get(start..end).map_or(end, |t| start + t.trim_end().len())
    }

    /// The bytes of the lines of a block scalar, if each line of `content` is in the file as it is, indented equally.
    /// `start` is the first character of the first line that is not empty.
    pub fn block(&self, content: &str, start: usize) -> Vec<usize> {
        let before = content.chars().take_while(|c| *c == '\n').count();
        let line = self.lines.partition_point(|at| *at <= start).saturating_sub(1);
        let Some(first) = line.checked_sub(before) else { return Vec::new() };
        let indent = start - self.lines.get(line).copied().unwrap_or(start);
        let mut lines = Vec::new();
        for (number, wanted) in content.strip_suffix('\n').unwrap_or(content).split('\n').enumerate() {
            let Some(&from) = self.lines.get(first + number) else { return Vec::new() };
            let whole = self.text.get(from..).unwrap_or("").split('\n').next().unwrap_or("");
            let whole = whole.strip_suffix('\r').unwrap_or(whole);
            let indent = indent.min(whole.len());
            if whole.get(indent..).is_none_or(|rest| rest != wanted) {
                return Vec::new();
            }
            lines.push(from + indent);
        }
        lines
    }

    /// The byte where a scalar of one line starts, if it is in the file as it is, in quotes or not.
    pub fn line(&self, content: &str, start: usize, quoted: bool) -> Vec<usize> {
        let start = start + usize::from(quoted);
        let same = !content.contains(['\n', '\r']) && self.text.get(start..).is_some_and(|t| t.starts_with(content));
        if same { vec![start] } else { Vec::new() }
    }
}
