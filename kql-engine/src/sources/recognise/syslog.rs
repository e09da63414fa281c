//! Lines of syslog as rows of Syslog; CEF and LEEF in such lines as rows of CommonSecurityLog (`cef.rs`).
//!
//! | line | |
//! | --- | --- |
//! | `<34>1 2023-10-11T22:14:15.003Z host app 12 ID47 [data] text` | RFC 5424 |
//! | `<34>Oct 11 22:14:15 host app[12]: text` | RFC 3164, also with a year or an ISO 8601 time, and without `<34>` |
//! | `<34>text` | RFC 3164 without further structure: all of it is the message |
//!
//! RFC 3164 has no year and no zone. The zone is assumed to be UTC, and the year to be the last one for which the time is
//! before the last change of the file.

use super::cef;
use super::error::RecordError;
use super::known::Known;
use super::wrapped::{Out, Wrapped};
use crate::time::{DAY, days};
use kql_parser::time::{datetime_text, parse_datetime};
use serde_json::{Map, Value};

pub(super) static LINES: Wrapped = Wrapped { name: "syslog, CEF and LEEF lines", unwrap, texts: true, inside: None };

const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
    "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];
const SEVERITIES: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
pub(super) const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A time in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    /// Ticks.
    Known(i64),
    /// Month, day, and ticks since midnight: the year is missing.
    Yearless(u32, u32, i64),
}

impl Time {
    /// Its ticks. A missing year is the last one for which the time is before `until`.
    pub(super) fn ticks(self, until: Option<i64>, out: &mut Out) -> Option<i64> {
        let (month, day, clock) = match self {
            Time::Known(ticks) => return Some(ticks),
            Time::Yearless(month, day, clock) => (month, day, clock),
        };
        let until = until?;
        let last: i64 = datetime_text(until).get(..4)?.parse().ok()?;
        // a leap day is at most eight years back, and zones differ by at most a day
        let ticks = (0..=8).filter_map(|back| {
            let year = last - back;
            let midnight = days(year, month, day) * DAY;
            (datetime_text(midnight).get(..10)? == format!("{year:04}-{month:02}-{day:02}")).then_some(midnight + clock)
        });
        let found = ticks.into_iter().find(|ticks| *ticks <= until + DAY);
        if out.note.is_none() && found.is_some() {
            let changed = datetime_text(until);
            out.note = Some(format!(
                "times without a year and a zone are UTC, and of the last year that is not after the file's last change \
                 ({})",
                changed.get(..10).unwrap_or_default()
            ));
        }
        found
    }
}

/// The part of a line before its message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Header<'a> {
    priority: Option<usize>,
    pub time: Option<Time>,
    pub host: &'a str,
    process: &'a str,
    pid: &'a str,
    id: &'a str,
    data: &'a str,
}

/// Whether a line is certainly one of these.
pub(in crate::sources) fn is_log_line(line: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}').trim();
    if cef::start(line).is_some() {
        return true;
    }
    let (header, _) = parse(line);
    let level = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_ascii_alphabetic()).to_ascii_uppercase();
        matches!(
            word.as_str(),
            "" | "INFO" | "WARN" | "WARNING" | "ERROR" | "ERR" | "DEBUG" | "TRACE" | "FATAL" | "NOTICE" | "CRITICAL"
        )
    };
    match (header.priority, header.time) {
        (Some(_), _) => true,
        // a host and a program: log files of applications contain neither
        (None, Some(_)) => !header.process.is_empty() && !header.host.is_empty() && !level(header.host),
        (None, None) => false,
    }
}

fn unwrap(line: &str, _: &Known, out: &mut Out) -> Result<(), RecordError> {
    let line = line.trim_start_matches('\u{feff}').trim_end();
    if let Some(at) = cef::start(line) {
        let (prefix, event) = line.split_at(at);
        let (header, _) = parse(prefix.trim_end());
        let row = cef::row(&header, event, out)?;
        out.rows.push((Some("CommonSecurityLog".into()), Value::Object(row).to_string()));
        return Ok(());
    }
    let (header, message) = parse(line);
    if header.priority.is_none() && header.time.is_none() {
        return Err(RecordError::NotSyslog);
    }
    let mut row = Map::new();
    let mut put = |name: &str, text: &str| {
        if !text.is_empty() {
            row.insert(name.to_owned(), text.into());
        }
    };
    if let Some(ticks) = header.time.and_then(|time| time.ticks(out.changed, out)) {
        let text = datetime_text(ticks) + "Z";
        put("TimeGenerated", &text);
        put("EventTime", &text);
    }
    if let Some(priority) = header.priority {
        put("Facility", FACILITIES.get(priority / 8).copied().unwrap_or_default());
        put("SeverityLevel", SEVERITIES.get(priority % 8).copied().unwrap_or_default());
    }
    put("HostName", header.host);
    put("Computer", header.host);
    if header.host.parse::<std::net::IpAddr>().is_ok() {
        put("HostIP", header.host);
    }
    put("ProcessName", header.process);
    put("ProcessID", header.pid);
    put("SyslogMessage", message);
    // the table has no columns for these; otherwise they would be lost
    put("MessageId", header.id);
    put("StructuredData", header.data);
    put("SourceSystem", "Linux");
    put("Type", "Syslog");
    out.rows.push((Some("Syslog".into()), Value::Object(row).to_string()));
    Ok(())
}

/// A line's header, as far as it has one, and its message.
pub(super) fn parse(line: &str) -> (Header<'_>, &str) {
    let mut header = Header::default();
    let mut rest = line;
    if let Some((priority, after)) = priority(line) {
        header.priority = Some(priority);
        rest = after;
        if let Some(after) = rest.strip_prefix("1 ")
            && let Some(message) = rfc5424(after, &mut header)
        {
            return (header, message);
        }
    }
    let Some((time, after)) = time(rest) else { return (header, rest.trim_start()) };
    header.time = Some(time);
    rest = after.trim_start();
    // local log writers omit the host
    let (word, after) = word(rest);
    if !word.is_empty() && tag(rest).is_none() {
        header.host = word;
        rest = after;
    }
    if let Some((process, pid, message)) = tag(rest) {
        (header.process, header.pid) = (process, pid);
        rest = message;
    }
    (header, rest)
}

fn priority(line: &str) -> Option<(usize, &str)> {
    let (digits, rest) = line.strip_prefix('<')?.split_once('>')?;
    let valid = (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let priority: usize = digits.parse().ok().filter(|_| valid)?;
    (priority < 192).then_some((priority, rest))
}

fn word(text: &str) -> (&str, &str) {
    text.split_once(' ').map_or((text, ""), |(word, rest)| (word, rest.trim_start()))
}

/// `app[12]: text`
fn tag(text: &str) -> Option<(&str, &str, &str)> {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, ':' | '['))?;
    let (process, rest) = text.split_at_checked(end)?;
    if process.is_empty() || process.len() > 128 {
        return None;
    }
    let (pid, rest) = match rest.strip_prefix('[') {
        Some(inner) => inner.split_once(']').filter(|(pid, _)| pid.bytes().all(|b| b.is_ascii_digit()))?,
        None => ("", rest),
    };
    let message = rest.strip_prefix(':')?;
    Some((process, pid, message.strip_prefix(' ').unwrap_or(message)))
}

/// The time that a text begins with, and what follows it.
pub(super) fn time(text: &str) -> Option<(Time, &str)> {
    let text = text.trim_start();
    if text.as_bytes().first()?.is_ascii_digit() {
        let (word, rest) = text.split_once(' ')?;
        let iso = word.len() > 15 && word.contains('T');
        return Some((Time::Known(parse_datetime(word).filter(|_| iso)?), rest));
    }
    // some devices mark a clock that is not set
    let text = text.trim_start_matches(['*', '.']);
    let month = MONTHS.iter().position(|month| text.starts_with(month))?;
    let rest = text.get(3..)?.strip_prefix(' ')?.trim_start();
    let (day, rest) = rest.split_once(' ')?;
    let day: u32 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
    let (first, after) = rest.split_once(' ').unwrap_or((rest, ""));
    let year: Option<i64> = (first.len() == 4).then(|| first.parse().ok()).flatten();
    let (clock, rest) = match year {
        Some(_) => after.split_once(' ').unwrap_or((after, "")),
        None => (first, after),
    };
    // `22:14:15:` before a message, and a zone, of which only UTC is known
    let clock = clock.trim_end_matches(':');
    let rest = rest.strip_prefix("UTC ").or_else(|| rest.strip_prefix("GMT ")).unwrap_or(rest);
    let full = format!("{:04}-{:02}-{day:02}T{clock}", year.unwrap_or(2000), month + 1);
    let ticks = parse_datetime(&full).filter(|_| clock.len() >= 8 && clock.as_bytes().get(2) == Some(&b':'))?;
    let time = match year {
        Some(_) => Time::Known(ticks),
        None => Time::Yearless(month as u32 + 1, day, ticks.rem_euclid(DAY)),
    };
    Some((time, rest))
}

/// Parses what follows the version of RFC 5424; returns the message.
fn rfc5424<'a>(text: &'a str, header: &mut Header<'a>) -> Option<&'a str> {
    let present = |word: &'a str| if word == "-" { "" } else { word };
    let (time, rest) = text.split_once(' ')?;
    let time = if time == "-" { None } else { Some(Time::Known(parse_datetime(time)?)) };
    let (host, rest) = rest.split_once(' ')?;
    let (process, rest) = rest.split_once(' ')?;
    let (pid, rest) = rest.split_once(' ')?;
    let (id, rest) = rest.split_once(' ').unwrap_or((rest, "-"));
    let (data, message) = structured(rest)?;
    header.time = time;
    header.host = present(host);
    header.process = present(process);
    header.pid = present(pid);
    header.id = present(id);
    header.data = present(data);
    Some(message.strip_prefix(' ').unwrap_or(message).trim_start_matches('\u{feff}'))
}

/// The structured data that a text begins with, and what follows it.
fn structured(text: &str) -> Option<(&str, &str)> {
    if text.starts_with('-') {
        return text.split_at_checked(1);
    }
    let (mut quoted, mut escaped, mut open) = (false, false, false);
    let mut end = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' if open => quoted = !quoted,
            b'[' if !open => open = true,
            b']' if open && !quoted => {
                open = false;
                end = at + 1;
            }
            _ if !open => break,
            _ => {}
        }
    }
    text.split_at_checked(end).filter(|_| end > 0 && !open)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(line: &str) -> (Header<'_>, &str) {
        parse(line)
    }

    #[test]
    fn forms() {
        let (h, message) = header("<34>Oct 11 22:14:15 mymachine su[12]: 'su root' failed");
        assert_eq!(
            (h.priority, h.host, h.process, h.pid, message),
            (Some(34), "mymachine", "su", "12", "'su root' failed")
        );
        assert!(matches!(h.time, Some(Time::Yearless(10, 11, _))));
        let (h, message) =
            header("<165>1 2003-10-11T22:14:15.003Z m.example.com evntslog - ID47 [a@1 b=\"\\]\"][c] \u{feff}An event");
        assert_eq!((h.host, h.process, h.pid, h.id), ("m.example.com", "evntslog", "", "ID47"));
        assert_eq!((h.data, message), ("[a@1 b=\"\\]\"][c]", "An event"));
        let (h, message) = header("<34>1 2003-10-11T22:14:15Z h su - - -");
        assert_eq!((h.host, h.process, h.data, message), ("h", "su", "", ""));
        let (h, message) = header("2024-03-05T10:00:01.123456+02:00 web1 sshd[99]: Accepted");
        assert_eq!((h.host, h.process, h.pid, message), ("web1", "sshd", "99", "Accepted"));
        assert_eq!(h.time, parse_datetime("2024-03-05T08:00:01.123456Z").map(Time::Known));
        let (h, message) = header("<13>Feb  5 17:32:18 su: who");
        assert_eq!((h.host, h.process, message), ("", "su", "who"));
        let (h, message) = header("<166>Oct 11 2023 22:14:15 fw1 : %ASA-6-1: Built");
        assert_eq!((h.host, message), ("fw1", ": %ASA-6-1: Built"));
        assert!(matches!(h.time, Some(Time::Known(_))));
        assert_eq!(header("<13>text alone"), (Header { priority: Some(13), ..Header::default() }, "text alone"));
        assert_eq!(header("<999>x").0, Header::default());
        assert_eq!(header("Feb 31x 17:32:18 a b: c").0.time, None);
    }

    #[test]
    fn years() {
        let until = parse_datetime("2024-03-01T12:00:00Z");
        let mut out = Out::default();
        let mut of = |month, day| {
            let ticks = Time::Yearless(month, day, 0).ticks(until, &mut out);
            ticks.map(|t| datetime_text(t).split('T').next().unwrap_or_default().to_owned())
        };
        assert_eq!(of(3, 1).as_deref(), Some("2024-03-01"));
        assert_eq!(of(2, 29).as_deref(), Some("2024-02-29"));
        assert_eq!(of(3, 4).as_deref(), Some("2023-03-04"));
        assert_eq!(of(12, 24).as_deref(), Some("2023-12-24"));
        assert_eq!(of(2, 30), None);
        assert!(out.note.is_some_and(|note| note.contains("2024-03-01")));
    }

    #[test]
    fn surely() {
        for line in ["<13>anything", "Oct 11 22:14:15 h su: x", "CEF:0|a|b|c|d|e|f|", "2024-03-05T10:00:01Z h su[1]: x"]
        {
            assert!(is_log_line(line), "{line}");
        }
        for line in ["2024-03-05T10:00:01Z INFO main: started", "Oct 11 was a day", "", "<b>bold</b>", "a: b"] {
            assert!(!is_log_line(line), "{line}");
        }
    }
}
