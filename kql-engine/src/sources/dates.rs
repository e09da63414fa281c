//! Dates as portals and spreadsheets write them: with the time zone in the header, and the day or the month first.
//!
//! `TimeGenerated [UTC]` is the column TimeGenerated; the suffix is the zone of its values. `3/4/2021` is in March
//! or in April, and only other values of the same file can show which: if none does, the file is refused unless
//! `--date-order` is given.

use crate::time::{EPOCH, MICROSECOND, MILLISECOND, SECOND, local_to_utc};
use chrono_tz::Tz;
use kql_parser::time::parse_datetime;
use serde::{Deserialize, Serialize};

/// Which comes first in `3/4/2021`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DateOrder {
    /// 3 April
    DayFirst,
    /// March 4th
    MonthFirst,
}

/// The time zone of a column's values according to the header's suffix.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Zone {
    /// The header has no zone.
    None,
    Utc,
    Named(Tz),
    /// The local time of the exporting user, or an unknown zone.
    Local,
}

/// A header without the suffix of the zone, and the zone.
pub(super) fn split_zone(header: &str) -> (&str, Zone) {
    let split = || {
        let (name, zone) = header.strip_suffix(']')?.rsplit_once(" [")?;
        let zone = match zone {
            "UTC" => Zone::Utc,
            "Local Time" => Zone::Local,
            _ => match windows_zone(zone).or_else(|| zone.parse().ok()) {
                Some(tz) => Zone::Named(tz),
                None if zone.ends_with("Time") || zone.contains(" Time (") => Zone::Local,
                None => return None,
            },
        };
        Some((name.trim_end(), zone))
    };
    split().unwrap_or((header, Zone::None))
}

/// How the texts of a datetime column are parsed if they are not plain ISO 8601.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct DateRule {
    pub order: DateOrder,
    /// The zone of values that do not contain one; `None` is UTC.
    pub zone: Option<Tz>,
}

impl DateRule {
    /// Ticks of a text.
    pub(super) fn parse(&self, text: &str) -> Option<i64> {
        let text = text.trim();
        let ticks = match numeric(text) {
            Some((first, second, after)) if self.order == DateOrder::DayFirst => {
                parse_datetime(&format!("{second}/{first}/{after}"))?
            }
            _ => data_datetime(text)?,
        };
        match self.zone {
            Some(zone) if !tells_zone(text) => local_to_utc(ticks, zone),
            _ => Some(ticks),
        }
    }
}

/// Ticks of a text in data. A date with dots has the day first, which is the custom where dots are used; in a query it
/// does not.
pub(super) fn data_datetime(text: &str) -> Option<i64> {
    match text.as_bytes() {
        [_, b'.', ..] | [_, _, b'.', ..] => {
            let (day, month, after) = numbers(text, '.')?;
            parse_datetime(&format!("{month}/{day}/{after}"))
        }
        _ => parse_datetime(text),
    }
}

/// Whether the text ends with a zone.
fn tells_zone(text: &str) -> bool {
    if text.ends_with(['Z', 'z']) || text.ends_with("UTC") || text.ends_with("GMT") {
        return true;
    }
    let colon = text.find(':').unwrap_or(text.len());
    text.rfind(['+', '-']).is_some_and(|at| at > colon)
}

/// The unit of a number that is a time since 1970.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
    Microseconds,
}

impl Unit {
    pub(super) fn name(self) -> &'static str {
        match self {
            Unit::Seconds => "seconds",
            Unit::Milliseconds => "milliseconds",
            Unit::Microseconds => "microseconds",
        }
    }
}

/// Ticks of a number that is a time since 1970. Its size determines the unit: with the right one, the year is between
/// 1973 and 5138. Loggers in Go write `1.7041032e9`.
pub(super) fn epoch(text: &str) -> Option<(i64, Unit)> {
    let Some((number, exponent)) = text.split_once(['e', 'E']) else { return plain_epoch(text) };
    let exponent: usize = exponent.parse().ok().filter(|e| *e < 18)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let (moved, rest) = fraction.split_at_checked(exponent).unwrap_or((fraction, ""));
    plain_epoch(&format!("{whole}{moved:0<exponent$}.{rest}"))
}

fn plain_epoch(text: &str) -> Option<(i64, Unit)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    let (unit, ticks) = match number {
        100_000_000..100_000_000_000 => (Unit::Seconds, SECOND),
        100_000_000_000..100_000_000_000_000 => (Unit::Milliseconds, MILLISECOND),
        100_000_000_000_000..100_000_000_000_000_000 => (Unit::Microseconds, MICROSECOND),
        _ => return None,
    };
    // digits beyond the precision of a tick are dropped
    let part = fraction
        .bytes()
        .fold((0i64, ticks), |(sum, ticks), digit| (sum + i64::from(digit - b'0') * ticks / 10, ticks / 10));
    let since = number.checked_mul(ticks)?.checked_add(part.0)?;
    Some((since.checked_add(EPOCH)?, unit))
}

/// The two numbers before the year of `3/4/2021…` or `3-4-2021…`, and what follows the second separator.
pub(super) fn numeric(text: &str) -> Option<(u32, u32, &str)> {
    let b = text.as_bytes();
    let separator = match b {
        [_, c @ (b'/' | b'-'), ..] | [_, _, c @ (b'/' | b'-'), ..] => char::from(*c),
        _ => return None,
    };
    numbers(text, separator)
}

fn numbers(text: &str, separator: char) -> Option<(u32, u32, &str)> {
    let (first, rest) = text.split_once(separator)?;
    let (second, after) = rest.split_once(separator)?;
    let number = |text: &str| -> Option<u32> { if matches!(text.len(), 1 | 2) { text.parse().ok() } else { None } };
    after.starts_with(|c: char| c.is_ascii_digit()).then_some(())?;
    Some((number(first)?, number(second)?, after))
}

/// Whether a text in data is certainly a datetime: a date in ISO 8601, alone or with a time after `T` or a blank, or a
/// date of the portal in American English.
pub(super) fn is_datetime(text: &str) -> bool {
    match text.as_bytes() {
        [_, _, _, _, b'-', _, _, b'-', _, _]
        | [_, _, _, _, b'-', _, _, b'-', _, _, b'T' | b' ', _, _, b':', _, _, ..] => parse_datetime(text).is_some(),
        [b'0'..=b'9', .., b' ', b'A' | b'P', b'M'] => is_portal(text) && parse_datetime(text).is_some(),
        _ => false,
    }
}

/// Whether the text is a date of the portal in American English, `10/25/2023, 9:43:21.990 AM`: no other locale writes
/// a comma, three fractional digits and capital letters.
fn is_portal(text: &str) -> bool {
    let Some((_, time)) = text.split_once(", ") else { return false };
    let Some(clock) = time.strip_suffix(" AM").or_else(|| time.strip_suffix(" PM")) else { return false };
    matches!(clock.rsplit_once('.'), Some((_, digits)) if digits.len() == 3)
}

/// What the dates of a file show about their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Dates {
    /// The first value whose day shows that the day comes first: line and text.
    day_first: Option<(u64, String)>,
    month_first: Option<(u64, String)>,
    /// The first ambiguous value.
    open: Option<(u64, String)>,
    portal: bool,
}

impl Dates {
    /// Examines a value of a datetime column.
    #[inline]
    pub(super) fn see(&mut self, text: &str, line: impl FnOnce() -> u64) {
        if let [_, b'/' | b'-', ..] | [_, _, b'/' | b'-', ..] = text.as_bytes() {
            self.look(text, line());
        }
    }

    fn look(&mut self, text: &str, line: u64) {
        let Some((first, second, _)) = numeric(text.trim()) else { return };
        let slot = match (first > 12, second > 12) {
            (true, false) => &mut self.day_first,
            (false, true) => &mut self.month_first,
            (false, false) if first == second => return,
            (false, false) if is_portal(text) => {
                self.portal = true;
                return;
            }
            (false, false) => &mut self.open,
            (true, true) => return,
        };
        if slot.is_none() {
            *slot = Some((line, text.to_owned()));
        }
    }

    /// Adds the result for the next part of the file; `lines` is the number of lines before it.
    pub(super) fn append(&mut self, next: Dates, lines: u64) {
        let later = |own: &mut Option<(u64, String)>, new: Option<(u64, String)>| {
            if own.is_none() {
                *own = new.map(|(line, text)| (line + lines, text));
            }
        };
        later(&mut self.day_first, next.day_first);
        later(&mut self.month_first, next.month_first);
        later(&mut self.open, next.open);
        self.portal |= next.portal;
    }

    /// The order; or the line and text of an ambiguous date, and why the order is not known.
    pub(super) fn order(&self) -> Result<DateOrder, (u64, String)> {
        let shown = |(line, text): &(u64, String)| (*line, format!("'{text}'"));
        match (&self.day_first, &self.month_first, &self.open) {
            (Some((_, day)), Some((line, month)), _) => {
                Err((*line, format!("'{month}' has the month first and '{day}' the day, in one file")))
            }
            (Some(day), None, _) if self.portal => Err(shown(day)),
            (Some(_), None, _) => Ok(DateOrder::DayFirst),
            (None, Some(_), _) => Ok(DateOrder::MonthFirst),
            (None, None, None) => Ok(DateOrder::MonthFirst),
            (None, None, Some(_)) if self.portal => Ok(DateOrder::MonthFirst),
            (None, None, Some((line, text))) => Err((
                *line,
                format!("'{text}' has the day first or the month first, and no other date of the file tells"),
            )),
        }
    }
}

/// The zone of a portal's header: Windows' display names, with `and` or `&`.
fn windows_zone(name: &str) -> Option<Tz> {
    let plain = name.replace(" & ", " and ");
    ZONES
        .iter()
        .find(|(windows, _)| *windows == plain || plain.strip_prefix(windows).is_some_and(|r| r.starts_with(" (")))
        .map(|(_, tz)| *tz)
}

/// Windows' display names (without the offset) and IANA's zones, after Unicode CLDR's windowsZones.
const ZONES: [(&str, Tz); 79] = [
    ("Hawaii", Tz::Pacific__Honolulu),
    ("Alaska", Tz::America__Anchorage),
    ("Pacific Time (US and Canada)", Tz::America__Los_Angeles),
    ("Pacific Time (US and Canada) Tijuana", Tz::America__Los_Angeles),
    ("Arizona", Tz::America__Phoenix),
    ("Mountain Time (US and Canada)", Tz::America__Denver),
    ("Central Time (US and Canada)", Tz::America__Chicago),
    ("Central America", Tz::America__Guatemala),
    ("Guadalajara, Mexico City, Monterrey", Tz::America__Mexico_City),
    ("Saskatchewan", Tz::America__Regina),
    ("Bogota, Lima, Quito", Tz::America__Bogota),
    ("Bogota, Lima, Quito, Rio Branco", Tz::America__Bogota),
    ("Eastern Time (US and Canada)", Tz::America__New_York),
    ("Indiana (East)", Tz::America__Indiana__Indianapolis),
    ("Caracas", Tz::America__Caracas),
    ("Asuncion", Tz::America__Asuncion),
    ("Atlantic Time (Canada)", Tz::America__Halifax),
    ("Cuiaba", Tz::America__Cuiaba),
    ("Georgetown, La Paz, Manaus, San Juan", Tz::America__La_Paz),
    ("Santiago", Tz::America__Santiago),
    ("Newfoundland", Tz::America__St_Johns),
    ("Brasilia", Tz::America__Sao_Paulo),
    ("Buenos Aires", Tz::America__Argentina__Buenos_Aires),
    ("City of Buenos Aires", Tz::America__Argentina__Buenos_Aires),
    ("Cayenne, Fortaleza", Tz::America__Cayenne),
    ("Greenland", Tz::America__Nuuk),
    ("Montevideo", Tz::America__Montevideo),
    ("Azores", Tz::Atlantic__Azores),
    ("Cabo Verde Is.", Tz::Atlantic__Cape_Verde),
    ("Coordinated Universal Time", Tz::UTC),
    ("Casablanca", Tz::Africa__Casablanca),
    ("Dublin, Edinburgh, Lisbon, London", Tz::Europe__London),
    ("Monrovia, Reykjavik", Tz::Africa__Monrovia),
    ("Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", Tz::Europe__Berlin),
    ("Belgrade, Bratislava, Budapest, Ljubljana, Prague", Tz::Europe__Budapest),
    ("Brussels, Copenhagen, Madrid, Paris", Tz::Europe__Paris),
    ("Sarajevo, Skopje, Warsaw, Zagreb", Tz::Europe__Warsaw),
    ("West Central Africa", Tz::Africa__Lagos),
    ("Windhoek", Tz::Africa__Windhoek),
    ("Amman", Tz::Asia__Amman),
    ("Athens, Bucharest", Tz::Europe__Bucharest),
    ("Beirut", Tz::Asia__Beirut),
    ("Cairo", Tz::Africa__Cairo),
    ("Chisinau", Tz::Europe__Chisinau),
    ("Damascus", Tz::Asia__Damascus),
    ("Harare, Pretoria", Tz::Africa__Johannesburg),
    ("Helsinki, Kyiv, Riga, Sofia, Tallinn, Vilnius", Tz::Europe__Kyiv),
    ("Istanbul", Tz::Europe__Istanbul),
    ("Jerusalem", Tz::Asia__Jerusalem),
    ("Kaliningrad", Tz::Europe__Kaliningrad),
    ("Baghdad", Tz::Asia__Baghdad),
    ("Kuwait, Riyadh", Tz::Asia__Riyadh),
    ("Minsk", Tz::Europe__Minsk),
    ("Moscow, St. Petersburg", Tz::Europe__Moscow),
    ("Moscow, St. Petersburg, Volgograd", Tz::Europe__Moscow),
    ("Nairobi", Tz::Africa__Nairobi),
    ("Tehran", Tz::Asia__Tehran),
    ("Abu Dhabi, Muscat", Tz::Asia__Dubai),
    ("Baku", Tz::Asia__Baku),
    ("Tbilisi", Tz::Asia__Tbilisi),
    ("Yerevan", Tz::Asia__Yerevan),
    ("Kabul", Tz::Asia__Kabul),
    ("Ashgabat, Tashkent", Tz::Asia__Tashkent),
    ("Islamabad, Karachi", Tz::Asia__Karachi),
    ("Chennai, Kolkata, Mumbai, New Delhi", Tz::Asia__Kolkata),
    ("Sri Jayawardenepura", Tz::Asia__Colombo),
    ("Kathmandu", Tz::Asia__Kathmandu),
    ("Dhaka", Tz::Asia__Dhaka),
    ("Yangon (Rangoon)", Tz::Asia__Yangon),
    ("Bangkok, Hanoi, Jakarta", Tz::Asia__Bangkok),
    ("Beijing, Chongqing, Hong Kong, Urumqi", Tz::Asia__Shanghai),
    ("Kuala Lumpur, Singapore", Tz::Asia__Singapore),
    ("Perth", Tz::Australia__Perth),
    ("Taipei", Tz::Asia__Taipei),
    ("Osaka, Sapporo, Tokyo", Tz::Asia__Tokyo),
    ("Seoul", Tz::Asia__Seoul),
    ("Adelaide", Tz::Australia__Adelaide),
    ("Canberra, Melbourne, Sydney", Tz::Australia__Sydney),
    ("Auckland, Wellington", Tz::Pacific__Auckland),
];

#[cfg(test)]
mod tests {
    use super::*;
    use kql_parser::time::datetime_text;

    #[test]
    fn headers() {
        assert_eq!(split_zone("TimeGenerated [UTC]"), ("TimeGenerated", Zone::Utc));
        assert_eq!(split_zone("T [Local Time]"), ("T", Zone::Local));
        assert_eq!(split_zone("T [Eastern Time (US and Canada)]"), ("T", Zone::Named(Tz::America__New_York)));
        assert_eq!(
            split_zone("T [Pacific Time (US and Canada) Tijuana]"),
            ("T", Zone::Named(Tz::America__Los_Angeles))
        );
        assert_eq!(split_zone("T [Europe/Berlin]"), ("T", Zone::Named(Tz::Europe__Berlin)));
        assert_eq!(split_zone("T [Atlantis Time (Deep)]"), ("T", Zone::Local));
        assert_eq!(split_zone("Size [MB]"), ("Size [MB]", Zone::None));
        assert_eq!(split_zone("a[0]"), ("a[0]", Zone::None));
    }

    fn read(order: DateOrder, zone: Option<Tz>, text: &str) -> String {
        DateRule { order, zone }.parse(text).map_or("none".to_owned(), datetime_text)
    }

    #[test]
    fn values() {
        let us = DateOrder::MonthFirst;
        assert_eq!(read(us, None, "10/25/2023, 9:43:21.990 AM"), "2023-10-25T09:43:21.9900000");
        assert_eq!(read(DateOrder::DayFirst, None, "25/10/2023, 21:43:21.990"), "2023-10-25T21:43:21.9900000");
        assert_eq!(read(DateOrder::DayFirst, None, "3/4/2023 12:00"), "2023-04-03T12:00:00");
        assert_eq!(read(us, None, "3/4/2023 12:00"), "2023-03-04T12:00:00");
        assert_eq!(read(us, None, "2023-07-30T23:55:35.522Z"), "2023-07-30T23:55:35.5220000");
        // with dots the day comes first, whatever the order
        assert_eq!(read(us, None, "03.04.2023 12:00"), "2023-04-03T12:00:00");
        let york = Some(Tz::America__New_York);
        assert_eq!(read(us, york, "7/1/2023, 8:00:00.000 AM"), "2023-07-01T12:00:00");
        assert_eq!(read(us, york, "1/1/2023, 8:00:00.000 AM"), "2023-01-01T13:00:00");
        assert_eq!(read(us, york, "2023-07-01T08:00:00Z"), "2023-07-01T08:00:00");
        // a time that occurs twice is the first one; a skipped time has the offset after the jump
        assert_eq!(read(us, york, "2023-11-05T01:30:00"), "2023-11-05T05:30:00");
        assert_eq!(read(us, york, "2023-03-12T02:30:00"), "2023-03-12T06:30:00");
    }

    #[test]
    fn numbers_since_1970() {
        let of = |text| epoch(text).map(|(ticks, unit)| (datetime_text(ticks), unit));
        let at = |text: &str, unit| Some((text.to_owned(), unit));
        assert_eq!(of("1700000000"), at("2023-11-14T22:13:20", Unit::Seconds));
        assert_eq!(of("1700000000.25"), at("2023-11-14T22:13:20.2500000", Unit::Seconds));
        assert_eq!(of("1700000000123"), at("2023-11-14T22:13:20.1230000", Unit::Milliseconds));
        assert_eq!(of("1700000000123456"), at("2023-11-14T22:13:20.1234560", Unit::Microseconds));
        assert_eq!(of("1700000000.1234567890123456789"), at("2023-11-14T22:13:20.1234567", Unit::Seconds));
        assert_eq!(of("1.7000000001e9"), at("2023-11-14T22:13:20.1000000", Unit::Seconds));
        assert_eq!(of("1.7E+12"), at("2023-11-14T22:13:20", Unit::Milliseconds));
        for none in
            ["5", "20240101", "1700000000000000000", "-1700000000", "1.7e3", "-1.7e9", "1.-7e9", "1e400", "e9", "", "x"]
        {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn surely_datetimes() {
        for text in [
            "2020-01-31",
            "2020-01-31 23:59:58",
            "2020-01-31 23:59:58.1234567",
            "2020-01-31 23:59:58 UTC",
            "2020-01-31 23:59:58+02:00",
            "2020-01-31 23:59:58 +0200",
            "2020-01-31T23:59",
            "2020-01-31T23:59:58.123456+0000",
            "2020-01-31T23:59:58.123456789Z",
            "1/31/2020, 11:59:58.000 PM",
        ] {
            assert!(is_datetime(text), "{text}");
        }
        for text in
            ["2020-13-31", "2020-01-32 23:59:58", "1/31/2020", "31/1/2020, 11:59:58.000 PM", "10.0.19041", "12 AM"]
        {
            assert!(!is_datetime(text), "{text}");
        }
    }

    #[test]
    fn order_of_a_file() {
        let order = |texts: &[&str]| {
            let mut dates = Dates::default();
            texts.iter().enumerate().for_each(|(i, t)| dates.see(t, || i as u64 + 2));
            dates.order().map_err(|(line, _)| line)
        };
        assert_eq!(order(&["3/4/2023, 1:00:00.000 PM"]), Ok(DateOrder::MonthFirst));
        assert_eq!(order(&["3/4/2023 13:00", "13/4/2023 13:00"]), Ok(DateOrder::DayFirst));
        assert_eq!(order(&["3/4/2023 13:00", "4/13/2023 13:00"]), Ok(DateOrder::MonthFirst));
        assert_eq!(order(&["5/5/2023 13:00", "3/4/2023 13:00"]), Err(3));
        assert_eq!(order(&["13/4/2023", "4/13/2023"]), Err(3));
        assert_eq!(order(&["2023-01-02T00:00:00Z", "03.04.2023", "5/5/2023"]), Ok(DateOrder::MonthFirst));
    }
}
