//! Messages on standard error. A run does not fail because nobody can read them: a closed or full standard error is ignored.

/// Writes a line to standard error.
macro_rules! message {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}

pub(crate) use message;

/// Writes text to standard error as it is.
pub fn print(text: &str) {
    use std::io::Write;
    let _ = std::io::stderr().write_all(text.as_bytes());
}
