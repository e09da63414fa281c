//! What the clients of a server need not see in messages: paths of its computer, options of its command line.

/// The text with every absolute path shortened to its last part, and without the clauses that name options of the command
/// line.
pub fn scrub(text: &str) -> String {
    without_options(&without_folders(text))
}

fn without_folders(text: &str) -> String {
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

fn without_options(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for clause in text.split_inclusive("; ").flat_map(|part| part.split_inclusive(". ")) {
        if !names_option(clause) {
            kept.push_str(clause);
        }
    }
    kept.trim_end_matches([' ', ';']).to_owned()
}

/// Whether a clause names an option, such as `--data`.
fn names_option(clause: &str) -> bool {
    clause.split_whitespace().any(|word| {
        word.trim_start_matches(['(', '`', '\''])
            .strip_prefix("--")
            .is_some_and(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))
    })
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
    fn options_of_the_command_line_go() {
        let date = "rows.csv: line 2: the date is ambiguous; pass --date-order dmy or --date-order mdy";
        assert_eq!(scrub(date), "rows.csv: line 2: the date is ambiguous");
        let memory = "The query exceeded its memory limit of 1 GB. Raise --memory, or filter earlier.";
        assert_eq!(scrub(memory), "The query exceeded its memory limit of 1 GB.");
        for text in ["a; b. c", "1 --2", "-- a comment", ""] {
            assert_eq!(scrub(text), text);
        }
    }

    #[test]
    fn other_slashes_stay() {
        for text in ["x / y", "https://a.b/c/d", "// a comment", "and/or", "a/b/c.csv: x"] {
            assert_eq!(scrub(text), text);
        }
    }
}
