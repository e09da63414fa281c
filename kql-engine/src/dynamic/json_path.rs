//! JSON paths such as `$.a.b[0]['c d']`, as used by `extract_json()` and `bag_remove_keys()`.

use super::path;
use nom::branch::alt;
use nom::bytes::complete::is_not;
use nom::character::complete::{anychar, char, i64, multispace0, satisfy};
use nom::combinator::all_consuming;
use nom::multi::{fold_many0, many0};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A property.
    Key(String),
    /// An element, counted from the end if negative.
    Index(i64),
}

/// The steps of a path after `$`; `None` if the text is not a path.
pub fn parse(text: &str) -> Option<Vec<Step>> {
    let mut path = all_consuming(preceded(char('$'), many0(step)));
    path.parse(text.trim()).ok().map(|(_, steps)| steps)
}

/// `.b`, `[0]`, `['c d']`
fn step(i: &str) -> IResult<&str, Step, ()> {
    let index = delimited(multispace0, i64, multispace0).map(Step::Index);
    alt((
        preceded(char('.'), is_not(".[")).map(|key: &str| Step::Key(key.to_owned())),
        delimited(char('['), alt((quoted('\''), quoted('"'), index)), char(']')),
    ))
    .parse(i)
}

/// A key between quotes. A character after a backslash stands for itself.
fn quoted<'a>(quote: char) -> impl Parser<&'a str, Output = Step, Error = ()> {
    let character = alt((preceded(char('\\'), anychar), satisfy(move |c| c != quote && c != '\\')));
    let key = fold_many0(character, String::new, |mut key, c| {
        key.push(c);
        key
    });
    delimited(char(quote), key, char(quote)).map(Step::Key)
}

/// The value that a path leads to.
pub fn find<'a>(json: &'a str, steps: &[Step]) -> Option<&'a str> {
    steps.iter().try_fold(json, |value, step| match step {
        Step::Key(key) => path::property(value, key),
        Step::Index(index) => path::element(value, *index),
    })
}

/// The keys that lead to a property of a bag: those of a path, or the text itself if it is not a path.
pub fn keys(text: &str) -> Vec<String> {
    let path = if text.starts_with("$.") || text.starts_with("$[") { parse(text) } else { None };
    let keys: Option<Vec<String>> = path.and_then(|steps| {
        let key = |step| match step {
            Step::Key(key) => Some(key),
            Step::Index(_) => None,
        };
        steps.into_iter().map(key).collect()
    });
    keys.unwrap_or_else(|| vec![text.to_owned()])
}
