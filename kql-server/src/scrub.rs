//! Paths of this computer in messages: clients see the last part of each only.

/// The text with every absolute path shortened to its last part.
pub fn scrub(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(next) = rest.chars().next() {
        match path_at(rest, before) {
            Some(length) => {
                let (path, after) = rest.split_at(length);
                out.push_str(path.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or(""));
                before = 'x';
                rest = after;
            }
            None => {
                out.push(next);
                before = next;
                rest = rest.get(next.len_utf8()..).unwrap_or("");
            }
        }
    }
    out
}

/// The length of the absolute path at the beginning of a text; `None` if there is none.
fn path_at(text: &str, before: char) -> Option<usize> {
    // a slash inside a word divides, or belongs to a URL
    if before.is_alphanumeric() || matches!(before, '/' | ':' | '\\' | '.' | '_' | ')') {
        return None;
    }
    let is_end = |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | ':' | ',' | ';' | ')' | '(' | '|' | '<' | '>');
    let drive = text.as_bytes();
    let start = match drive {
        [b'/', ..] => 0,
        [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic() => 2,
        [b'\\', b'\\', ..] => 0,
        _ => return None,
    };
    let length = text.get(start..)?.find(is_end).map_or(text.len(), |end| start + end);
    let path = text.get(..length)?;
    // a single slash is an operator, two begin a comment
    let parts = path.split(['/', '\\']).filter(|part| !part.is_empty()).count();
    (parts > 1 && !path.starts_with("//")).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::scrub;

    #[test]
    fn paths_lose_their_folders() {
        assert_eq!(scrub("/srv/data/a.csv: not a valid file"), "a.csv: not a valid file");
        assert_eq!(scrub("C:\\data\\b.csv: line 3"), "b.csv: line 3");
        assert_eq!(scrub("cannot read '/etc/passwd'"), "cannot read 'passwd'");
    }

    #[test]
    fn other_slashes_stay() {
        for text in ["x / y", "https://a.b/c/d", "// a comment", "and/or", "a/b/c.csv: x"] {
            assert_eq!(scrub(text), text);
        }
    }
}
