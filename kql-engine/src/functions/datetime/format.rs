//! `format_datetime()`, `format_timespan()`

use super::parts;
use crate::functions::kernel;
use crate::registry::{
    ArgumentKind, Call, CallInfo, Eval, Kernel, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig,
};
use crate::time::{DAY, HOUR, MINUTE, SECOND};
use crate::types::ScalarType::{Datetime, String, Timespan};
use datafusion::common::{Result, plan_err};
use std::fmt::Write;

pub static FORMAT_DATETIME: ScalarFunction = ScalarFunction {
    name: "format_datetime",
    aliases: &[],
    signatures: &[sig(
        &[p("date", Is(Datetime)), p("format", Is(String)).kind(ArgumentKind::Literal)],
        Returns::Is(String),
    )],
    result_name: ResultName::FirstArgument,
    summary: "Formats a datetime with a pattern of y, M, d, h, H, m, s, f, F, tt and delimiters.",
    page: "format-datetime-function",
    eval: Eval::Compiled(|info| compile(info, &DATETIME)),
};

pub static FORMAT_TIMESPAN: ScalarFunction = ScalarFunction {
    name: "format_timespan",
    aliases: &[],
    signatures: &[sig(
        &[p("timespan", Is(Timespan)), p("format", Is(String)).kind(ArgumentKind::Literal)],
        Returns::Is(String),
    )],
    result_name: ResultName::FirstArgument,
    summary: "Formats a timespan with a pattern of d, h, m, s, f, F and delimiters.",
    page: "format-timespan-function",
    eval: Eval::Compiled(|info| compile(info, &TIMESPAN)),
};

/// The letters of a format, and how many of each form one element; longer runs start another element.
type Letters = [(char, &'static [usize])];

static DATETIME: [(char, &[usize]); 10] = [
    ('y', &[4, 2, 1]),
    ('M', &[2, 1]),
    ('d', &[2, 1]),
    ('h', &[2, 1]),
    ('H', &[2, 1]),
    ('m', &[2, 1]),
    ('s', &[2, 1]),
    ('f', &[7, 6, 5, 4, 3, 2, 1]),
    ('F', &[7, 6, 5, 4, 3, 2, 1]),
    ('t', &[2]),
];

static TIMESPAN: [(char, &[usize]); 7] = [
    ('d', &[8, 7, 6, 5, 4, 3, 2, 1]),
    ('h', &[2, 1]),
    ('H', &[2, 1]),
    ('m', &[2, 1]),
    ('s', &[2, 1]),
    ('f', &[7, 6, 5, 4, 3, 2, 1]),
    ('F', &[7, 6, 5, 4, 3, 2, 1]),
];

const DELIMITERS: &[char] = &[' ', '/', '-', ':', ',', '.', '_', '[', ']'];

/// An element of a format.
#[derive(Clone, Copy)]
enum Element {
    Delimiter(char),
    Letter(char, usize),
}

fn compile(info: &CallInfo, letters: &'static Letters) -> Result<Box<dyn Kernel>> {
    let form = info.text(1).unwrap_or("");
    let elements = elements(form, letters)?;
    let datetime = info.types.first() == Some(&Datetime);
    Ok(Box::new(move |call: &Call| {
        let values = call.longs(0)?;
        kernel::strings(call.rows, |i, out| {
            let Some(ticks) = values.get(i) else { return };
            if datetime {
                elements.iter().for_each(|e| datetime_element(ticks, *e, out));
            } else {
                if ticks < 0 {
                    out.push('-');
                }
                let ticks = ticks.unsigned_abs();
                elements.iter().for_each(|e| timespan_element(ticks, *e, out));
            }
        })
    }))
}

fn elements(form: &str, letters: &Letters) -> Result<Vec<Element>> {
    let mut elements = Vec::new();
    let mut rest = form;
    while let Some(c) = rest.chars().next() {
        if DELIMITERS.contains(&c) {
            elements.push(Element::Delimiter(c));
            rest = rest.get(c.len_utf8()..).unwrap_or("");
            continue;
        }
        let run = rest.chars().take_while(|other| *other == c).count();
        let width = letters.iter().find(|(l, _)| *l == c).and_then(|(_, widths)| widths.iter().find(|w| **w <= run));
        let Some(width) = width else {
            return plan_err!(
                "The format '{form}' contains '{c}'; only {} and the delimiters {} are valid.",
                letters
                    .iter()
                    .map(|(l, _)| if *l == 't' { "tt".to_owned() } else { l.to_string() })
                    .collect::<Vec<_>>()
                    .join(" "),
                DELIMITERS.iter().map(|d| format!("'{d}'")).collect::<Vec<_>>().join(" ")
            );
        };
        elements.push(Element::Letter(c, *width));
        rest = rest.get(*width..).unwrap_or("");
    }
    Ok(elements)
}

fn datetime_element(ticks: i64, element: Element, out: &mut std::string::String) {
    let (letter, width) = match element {
        Element::Delimiter(c) => return out.push(c),
        Element::Letter(letter, width) => (letter, width),
    };
    let hour = parts::hour(ticks);
    let value = match letter {
        'y' if width == 4 => parts::year(ticks),
        'y' => parts::year(ticks) % 100,
        'M' => parts::month(ticks),
        'd' => parts::day(ticks),
        'h' => (hour + 11) % 12 + 1,
        'H' => hour,
        't' => return out.push_str(if hour < 12 { "AM" } else { "PM" }),
        _ => return time_element(ticks.rem_euclid(DAY).unsigned_abs(), letter, width, out),
    };
    let _ = write!(out, "{value:0width$}");
}

fn timespan_element(ticks: u64, element: Element, out: &mut std::string::String) {
    let (letter, width) = match element {
        Element::Delimiter(c) => return out.push(c),
        Element::Letter(letter, width) => (letter, width),
    };
    let value = match letter {
        'd' => ticks / DAY.unsigned_abs(),
        'h' | 'H' => ticks % DAY.unsigned_abs() / HOUR.unsigned_abs(),
        _ => return time_element(ticks, letter, width, out),
    };
    let _ = write!(out, "{value:0width$}");
}

/// Minutes, seconds and fractions.
fn time_element(ticks: u64, letter: char, width: usize, out: &mut std::string::String) {
    let second = SECOND.unsigned_abs();
    match letter {
        'm' => _ = write!(out, "{:0width$}", ticks / MINUTE.unsigned_abs() % 60),
        's' => _ = write!(out, "{:0width$}", ticks / second % 60),
        _ => {
            let start = out.len();
            let _ = write!(out, "{:07}", ticks % second);
            out.truncate(start + width);
            if letter == 'F' {
                let kept = out.get(start..).unwrap_or("").trim_end_matches('0').len();
                out.truncate(start + kept);
            }
        }
    }
}
