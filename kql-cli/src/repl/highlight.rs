//! Colours a query while it is typed.

use kql_engine::editing::{self, Class};
use nu_ansi_term::{Color, Style};
use reedline::{Highlighter, StyledText};

fn style(class: Class) -> Style {
    let style = Style::new();
    match class {
        Class::Plain => style,
        Class::Operator => style.fg(Color::LightBlue).bold(),
        Class::Word => style.fg(Color::Blue),
        Class::Function => style.fg(Color::Cyan),
        Class::Text => style.fg(Color::Green),
        Class::Number => style.fg(Color::Purple),
        Class::Comment => style.dimmed(),
        Class::Wrong => style.fg(Color::Red).underline(),
    }
}

/// The pieces of a line that are not plain, in order: start, end, style.
fn pieces(line: &str) -> Vec<(usize, usize, Style)> {
    if super::input::is_command(line) {
        let end = line.find(char::is_whitespace).filter(|end| *end > 0).unwrap_or(line.len());
        return vec![(0, end, Style::new().fg(Color::Yellow))];
    }
    editing::classes(line).into_iter().map(|(from, to, class)| (from, to, style(class))).collect()
}

/// Colours a line.
pub struct Colours;

impl Highlighter for Colours {
    fn highlight(&self, line: &str, _cursor: usize) -> StyledText {
        let mut styled = StyledText::new();
        let mut at = 0;
        for (from, to, style) in pieces(line) {
            if from < at {
                continue;
            }
            if let (Some(plain), Some(coloured)) = (line.get(at..from), line.get(from..to)) {
                styled.push((Style::new(), plain.to_owned()));
                styled.push((style, coloured.to_owned()));
                at = to;
            }
        }
        styled.push((Style::new(), line.get(at..).unwrap_or("").to_owned()));
        styled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_and_commands() {
        assert_eq!(pieces(".schema T"), [(0, 7, Style::new().fg(Color::Yellow))]);
        assert_eq!(pieces("T | count").first().map(|(from, to, _)| (*from, *to)), Some((2, 3)));
        assert!(pieces("").is_empty());
    }
}
