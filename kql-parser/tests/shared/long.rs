//! Ways to make a query as long as you like.

/// A name, and what makes a query of about so many bytes.
pub type Way = (&'static str, fn(usize) -> String);

/// All of them.
pub const WAYS: &[Way] = &[
    ("items of has_any", |n| format!("T | where x has_any ({})", repeated("'abcdefgh'", ", ", n))),
    ("items of dynamic", |n| format!("print dynamic([{}])", repeated("\"abcdefgh\"", ", ", n))),
    ("values of datatable", |n| format!("datatable (a: string) [{}]", repeated("'abcdefgh'", ", ", n))),
    ("or", |n| format!("T | where {}", repeated("x == 12345", " or ", n))),
    ("and", |n| format!("T | where {}", repeated("x == 12345", " and ", n))),
    ("additions", |n| format!("print {}", repeated("12345", " + ", n))),
    ("operators", |n| format!("T {}", repeated("| where x == 1", " ", n))),
    ("columns", |n| format!("T | extend {}", repeated("c = f(x, 1)", ", ", n))),
    ("statements", |n| format!("{}; T", repeated("let x = 5", "; ", n))),
    ("deep brackets", |n| format!("print {}", repeated(&format!("{}1{}", "(".repeat(200), ")".repeat(200)), " + ", n))),
    ("deep calls", |n| format!("print {}", repeated(&format!("{}1{}", "f(".repeat(200), ")".repeat(200)), " + ", n))),
    ("nested joins", |n| {
        let depth = 150;
        let one = format!("{}T{}", "(T | join ".repeat(depth), " on a)".repeat(depth));
        format!("union {}", repeated(&one, ", ", n))
    }),
    ("a long string", |n| format!("print '{}'", "a\\n".repeat(n / 3))),
    ("a long foreign string", |n| format!("print '{}'", "\u{e4}\u{65e5}".repeat(n / 5))),
    ("a long foreign word", |n| format!("print {}", "\u{e4}\u{65e5}".repeat(n / 5))),
    ("a long foreign comment", |n| format!("print 1 // {}", "\u{e4}\u{65e5}".repeat(n / 5))),
    ("foreign blanks", |n| format!("print {}1", "\u{a0}\u{2003}".repeat(n / 5))),
    ("comments", |n| format!("T {}", repeated("// a comment\n| take 5", " ", n))),
    ("wrong operators", |n| format!("T {}", repeated("| wear x", " ", n))),
    ("wrong conditions", |n| format!("T {}", repeated("| where x = = 1", " ", n))),
    ("characters that do not belong", |n| "&".repeat(n)),
    ("characters here and there", |n| format!("T {}", repeated("| where x & y", " ", n))),
    ("opening brackets", |n| "T | where (".repeat(n / 11)),
    ("closing brackets", |n| format!("T{}", ")".repeat(n))),
    ("unclosed strings", |n| repeated("T | where x == 'a", "\n", n)),
    ("quotes", |n| "'\"".repeat(n / 2)),
    ("backslashes", |n| format!("print '{}'", "\\.".repeat(n / 2))),
    ("minus signs", |n| format!("print {}", "-".repeat(n))),
    ("words with hyphens", |n| format!("print {}", repeated("a", "-", n))),
    ("a long path", |n| format!("print {}", repeated("abcd", ".", n))),
    ("elements", |n| format!("print a{}", "[0]".repeat(n / 3))),
];

fn repeated(one: &str, between: &str, size: usize) -> String {
    let times = (size / (one.len() + between.len())).max(1);
    let mut text = String::with_capacity(size + one.len());
    for n in 0..times {
        if n > 0 {
            text.push_str(between);
        }
        text.push_str(one);
    }
    text
}
