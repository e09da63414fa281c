//! Datetimes inside dynamic values.
//!
//! A JSON text with the form of a date with a time, `2023-05-06T07:08:09` with or without fraction and zone, becomes a
//! datetime when it is converted to dynamic. It is stored as the string `"2023-05-06T07:08:09.0000000Z"`: only this form
//! distinguishes a datetime from a string.

/// The length of a stored datetime without quotes.
const HELD: usize = 28;

/// Whether a text can be a date with a time, judging by its length and a few of its bytes.
#[inline]
pub fn likely(text: &[u8]) -> bool {
    matches!(text.len(), 19..=33)
        && matches!(text, [b'0'..=b'9', _, _, _, b'-', _, _, b'-', _, _, b'T', _, _, b':', _, _, b':', ..])
}

/// Whether a text that is likely a date is not in the stored form.
#[inline]
pub fn differs(text: &[u8]) -> bool {
    text.len() != HELD || !text.ends_with(b"Z")
}

/// The ticks of a text that is a date with a time; `None` for other texts, and if it has more digits than a datetime.
pub fn ticks(text: &str) -> Option<i64> {
    if !likely(text.as_bytes()) {
        return None;
    }
    let rest = text.get(19..)?;
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if !(1..=7).contains(&(fraction.len() - zone.len())) {
                return None;
            }
            zone
        }
        None => rest,
    };
    let known = match zone.as_bytes() {
        [] | b"Z" | b"z" => true,
        [b'+' | b'-', hours_minutes @ ..] => match hours_minutes {
            [a, b, b':', c, d] | [a, b, c, d] => [a, b, c, d].iter().all(|digit| digit.is_ascii_digit()),
            [a, b] => a.is_ascii_digit() && b.is_ascii_digit(),
            _ => false,
        },
        _ => false,
    };
    if known { kql_parser::time::parse_datetime(text) } else { None }
}

/// Appends the JSON of a text: as a datetime if it is one, else as a string.
pub fn write(text: &str, out: &mut String) {
    match ticks(text) {
        Some(ticks) => {
            out.push('"');
            crate::time::datetime(ticks, out);
            out.push('"');
        }
        None => super::write::string(text, out),
    }
}

/// Whether a string of a dynamic value is a datetime.
pub fn held(text: &str) -> bool {
    !differs(text.as_bytes()) && ticks(text).is_some()
}

/// Whether a JSON value is a datetime.
pub fn is_datetime(json: &str) -> bool {
    json.len() == HELD + 2 && json.strip_prefix('"').and_then(|j| j.strip_suffix('"')).is_some_and(held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let held = |text: &str| {
            let mut out = String::new();
            write(text, &mut out);
            out
        };
        for (text, want) in [
            ("2023-05-06T07:08:09", "2023-05-06T07:08:09.0000000Z"),
            ("2023-05-06T07:08:09Z", "2023-05-06T07:08:09.0000000Z"),
            ("2023-05-06T07:08:09.5", "2023-05-06T07:08:09.5000000Z"),
            ("2023-05-06T07:08:09.1234567Z", "2023-05-06T07:08:09.1234567Z"),
            ("2023-05-06T07:08:09+02:00", "2023-05-06T05:08:09.0000000Z"),
            ("2023-05-06T07:08:09.25-0130", "2023-05-06T08:38:09.2500000Z"),
            ("2023-05-06T07:08:09-02", "2023-05-06T09:08:09.0000000Z"),
        ] {
            let want = format!("\"{want}\"");
            assert_eq!(held(text), want, "{text}");
            assert!(is_datetime(&want));
        }
        for text in [
            "2023-05-06",
            "2023-05-06 07:08:09",
            "2023-05-06T07:08",
            "2023-02-30T07:08:09Z",
            "2023-05-06T25:08:09Z",
            "2023-05-06T07:08:09.",
            "2023-05-06T07:08:09.12345678Z",
            "2023-05-06T07:08:09 GMT",
            "2023-05-06T07:08:09 AM",
            "2023-05-06T07:08:09+2",
            "0001-01-01T00:00:00+01:00",
            "2023-05-06T07:08:0é",
        ] {
            assert_eq!(held(text), format!("\"{text}\""));
            assert!(!is_datetime(&format!("\"{text}\"")));
        }
        assert!(!is_datetime("\"2023-13-06T07:08:09.0000000Z\""));
    }
}
