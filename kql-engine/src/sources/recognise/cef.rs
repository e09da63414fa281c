//! Events of CEF and LEEF as rows of CommonSecurityLog.
//!
//! | event | row |
//! | --- | --- |
//! | `CEF:0\|vendor\|product\|version\|class\|name\|severity\|keys` | the columns that Microsoft documents for the keys |
//! | `LEEF:2.0\|vendor\|product\|version\|id\|delimiter\|keys` | the columns with the same meaning |
//! | a key without a column | `key=value` in AdditionalExtensions, separated by `;` |
//! | the host in the line's syslog header | Computer |
//! | that header's time, else `rt`, `end`, `start`, `devTime` | TimeGenerated; a header without a year has the lowest
//! priority |

use super::error::RecordError;
use super::syslog::{Header, Time};
use super::wrapped::Out;
use kql_parser::time::{datetime_text, parse_datetime};
use serde_json::{Map, Value};

/// The columns of keys, in both formats.
const COLUMNS: &[(&str, &str)] = &[
    ("act", "DeviceAction"),
    ("app", "ApplicationProtocol"),
    ("cat", "DeviceEventCategory"),
    ("cnt", "EventCount"),
    ("destinationDnsDomain", "DestinationDnsDomain"),
    ("destinationServiceName", "DestinationServiceName"),
    ("destinationTranslatedAddress", "DestinationTranslatedAddress"),
    ("destinationTranslatedPort", "DestinationTranslatedPort"),
    ("deviceDirection", "CommunicationDirection"),
    ("deviceDnsDomain", "DeviceDnsDomain"),
    ("deviceExternalId", "DeviceExternalID"),
    ("deviceFacility", "DeviceFacility"),
    ("deviceInboundInterface", "DeviceInboundInterface"),
    ("deviceMacAddress", "DeviceMacAddress"),
    ("deviceNtDomain", "DeviceNtDomain"),
    ("deviceOutboundInterface", "DeviceOutboundInterface"),
    ("devicePayloadId", "DevicePayloadId"),
    ("deviceProcessName", "ProcessName"),
    ("deviceTranslatedAddress", "DeviceTranslatedAddress"),
    ("dhost", "DestinationHostName"),
    ("dmac", "DestinationMACAddress"),
    ("dntdom", "DestinationNTDomain"),
    ("dpid", "DestinationProcessId"),
    ("dpriv", "DestinationUserPrivileges"),
    ("dproc", "DestinationProcessName"),
    ("dpt", "DestinationPort"),
    ("dst", "DestinationIP"),
    ("dtz", "DeviceTimeZone"),
    ("duid", "DestinationUserID"),
    ("duser", "DestinationUserName"),
    ("dvc", "DeviceAddress"),
    ("dvchost", "DeviceName"),
    ("dvcmac", "DeviceMacAddress"),
    ("dvcpid", "ProcessID"),
    ("fileCreateTime", "FileCreateTime"),
    ("fileHash", "FileHash"),
    ("fileId", "FileID"),
    ("fileModificationTime", "FileModificationTime"),
    ("filePath", "FilePath"),
    ("filePermission", "FilePermission"),
    ("fileType", "FileType"),
    ("fname", "FileName"),
    ("fsize", "FileSize"),
    ("in", "ReceivedBytes"),
    ("msg", "Message"),
    ("oldFileCreateTime", "OldFileCreateTime"),
    ("oldFileHash", "OldFileHash"),
    ("oldFileId", "OldFileID"),
    ("oldFileModificationTime", "OldFileModificationTime"),
    ("oldFileName", "OldFileName"),
    ("oldFilePath", "OldFilePath"),
    ("oldFilePermission", "OldFilePermission"),
    ("oldFileSize", "OldFileSize"),
    ("oldFileType", "OldFileType"),
    ("out", "SentBytes"),
    ("outcome", "EventOutcome"),
    ("proto", "Protocol"),
    ("reason", "Reason"),
    ("request", "RequestURL"),
    ("requestClientApplication", "RequestClientApplication"),
    ("requestContext", "RequestContext"),
    ("requestCookies", "RequestCookies"),
    ("requestMethod", "RequestMethod"),
    ("rt", "ReceiptTime"),
    ("shost", "SourceHostName"),
    ("smac", "SourceMACAddress"),
    ("sntdom", "SourceNTDomain"),
    ("sourceDnsDomain", "SourceDnsDomain"),
    ("sourceServiceName", "SourceServiceName"),
    ("sourceTranslatedAddress", "SourceTranslatedAddress"),
    ("sourceTranslatedPort", "SourceTranslatedPort"),
    ("spid", "SourceProcessId"),
    ("spriv", "SourceUserPrivileges"),
    ("sproc", "SourceProcessName"),
    ("spt", "SourcePort"),
    ("src", "SourceIP"),
    ("suid", "SourceUserID"),
    ("suser", "SourceUserName"),
    ("type", "EventType"),
];

/// The keys of LEEF that CEF does not have.
const LEEF_COLUMNS: &[(&str, &str)] = &[
    ("accountName", "SourceUserName"),
    ("devTime", "ReceiptTime"),
    ("domain", "SourceNTDomain"),
    ("dstBytes", "ReceivedBytes"),
    ("dstMAC", "DestinationMACAddress"),
    ("dstPort", "DestinationPort"),
    ("dstPostNAT", "DestinationTranslatedAddress"),
    ("dstPostNATPort", "DestinationTranslatedPort"),
    ("identHostName", "SourceHostName"),
    ("policy", "Reason"),
    ("sev", "LogSeverity"),
    ("srcBytes", "SentBytes"),
    ("srcMAC", "SourceMACAddress"),
    ("srcPort", "SourcePort"),
    ("srcPostNAT", "SourceTranslatedAddress"),
    ("srcPostNATPort", "SourceTranslatedPort"),
    ("url", "RequestURL"),
    ("usrName", "SourceUserName"),
];

/// Keys with a number in them, and a label: `cs1`, `cs1Label`.
const NUMBERED: &[(&str, &str)] = &[
    ("c6a", "DeviceCustomIPv6Address"),
    ("cfp", "DeviceCustomFloatingPoint"),
    ("cn", "DeviceCustomNumber"),
    ("cs", "DeviceCustomString"),
    ("deviceCustomDate", "DeviceCustomDate"),
    ("flexDate", "FlexDate"),
    ("flexNumber", "FlexNumber"),
    ("flexString", "FlexString"),
];

/// Where an event begins in a line: at the beginning, or after a syslog header.
pub(super) fn start(line: &str) -> Option<usize> {
    ["CEF:", "LEEF:"].iter().find_map(|name| {
        line.match_indices(name).map(|(at, _)| at).find(|at| {
            let before = line.get(..*at).and_then(|text| text.chars().next_back());
            let after = line.get(at + name.len()..).unwrap_or_default();
            let version: &str = after.split('|').next().unwrap_or_default();
            let digits = version.starts_with(|c: char| c.is_ascii_digit()) && version.len() <= 4;
            digits && after.len() > version.len() && before.is_none_or(|c| c.is_whitespace() || ":\"'".contains(c))
        })
    })
}

/// The row of an event after a syslog header.
pub(super) fn row(header: &Header, event: &str, out: &mut Out) -> Result<Map<String, Value>, RecordError> {
    let mut row = Row::default();
    let leef = event.starts_with("LEEF:");
    let keys = if leef { row.leef(event)? } else { row.cef(event)? };
    for (key, value) in &keys {
        row.key(key, value, leef);
    }
    let value = |wanted: &str| keys.iter().find(|(key, _)| *key == wanted).and_then(|(_, value)| event_time(value));
    let dated = |time: &Time| matches!(time, Time::Known(_));
    let time =
        header.time.filter(dated).or_else(|| ["rt", "end", "start", "devTime"].iter().find_map(|key| value(key)));
    let time = time.or(header.time).and_then(|time| time.ticks(out.changed, out));
    let Row { mut row, extensions } = row;
    let mut put = |name: &str, text: String| {
        if !text.is_empty() {
            row.insert(name.to_owned(), text.into());
        }
    };
    put("TimeGenerated", time.map_or_else(String::new, |ticks| datetime_text(ticks) + "Z"));
    put("Computer", header.host.to_owned());
    put("AdditionalExtensions", extensions.join(";"));
    put("Type", "CommonSecurityLog".to_owned());
    Ok(row)
}

#[derive(Default)]
struct Row {
    row: Map<String, Value>,
    extensions: Vec<String>,
}

impl Row {
    fn put(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.row.insert(name.to_owned(), text.into());
        }
    }

    /// Reads the header and returns the keys.
    fn cef<'a>(&mut self, event: &'a str) -> Result<Vec<(&'a str, String)>, RecordError> {
        let (fields, rest) = fields(event, 7);
        let [_, vendor, product, version, class, name, severity] = fields.as_slice() else {
            return Err(RecordError::Cef(fields.len()));
        };
        self.put("DeviceVendor", vendor);
        self.put("DeviceProduct", product);
        self.put("DeviceVersion", version);
        self.put("DeviceEventClassID", class);
        self.put("Activity", name);
        self.put("LogSeverity", severity);
        Ok(pairs(rest))
    }

    fn leef<'a>(&mut self, event: &'a str) -> Result<Vec<(&'a str, String)>, RecordError> {
        let second = event.starts_with("LEEF:2");
        let wanted = if second { 6 } else { 5 };
        let (fields, mut rest) = fields(event, wanted);
        let (Some(vendor), Some(product), Some(version), Some(id)) =
            (fields.get(1), fields.get(2), fields.get(3), fields.get(4))
        else {
            return Err(RecordError::Leef(fields.len()));
        };
        self.put("DeviceVendor", vendor);
        self.put("DeviceProduct", product);
        self.put("DeviceVersion", version);
        self.put("DeviceEventClassID", id);
        self.put("Activity", id);
        let mut delimiter = '\t';
        if second {
            match fields.get(5).map(|named| leef_delimiter(named)) {
                Some(Some(named)) => delimiter = named,
                // the field can be missing
                Some(None) => rest = after_fields(event, 5),
                None => {}
            }
        }
        if !rest.contains(delimiter) {
            // tabs that were converted to blanks
            return Ok(pairs(rest));
        }
        let pair = |text: &'a str| text.split_once('=').map(|(key, value)| (key.trim(), value.to_owned()));
        Ok(rest.split(delimiter).filter_map(pair).filter(|(key, _)| !key.is_empty()).collect())
    }

    fn key(&mut self, key: &str, value: &str, leef: bool) {
        let find =
            |columns: &[(&str, &'static str)]| columns.iter().find(|(k, _)| *k == key).map(|(_, column)| *column);
        if let Some(column) = find(COLUMNS).or_else(|| if leef { find(LEEF_COLUMNS) } else { None }) {
            self.put(column, value);
        } else if let Some(column) = numbered(key) {
            self.put_numbered(&column, value);
        } else if let Some(column) = match key {
            "start" => Some("StartTime"),
            "end" => Some("EndTime"),
            _ => None,
        } {
            match event_time(value) {
                Some(Time::Known(ticks)) => self.put(column, &(datetime_text(ticks) + "Z")),
                _ => self.put(column, value),
            }
        } else if key == "externalId" {
            // one of the two columns accepts only numbers
            if value.parse::<i32>().is_ok() {
                self.put("ExternalID", value);
            }
            self.put("ExtID", value);
        } else {
            self.extensions.push(format!("{key}={value}"));
        }
    }

    /// Numbers have a column of 32 bits and one of 64.
    fn put_numbered(&mut self, column: &str, value: &str) {
        let wide = column.starts_with("DeviceCustomNumber") && !column.ends_with("Label");
        if wide {
            self.put(&format!("Field{column}"), value);
        }
        if !wide || value.parse::<i64>().is_err() || value.parse::<i32>().is_ok() {
            self.put(column, value);
        }
    }
}

fn numbered(key: &str) -> Option<String> {
    let (base, label) = key.strip_suffix("Label").map_or((key, ""), |base| (base, "Label"));
    let digit = base.chars().next_back().filter(|c| ('1'..='6').contains(c))?;
    let name = base.get(..base.len() - 1)?;
    let (_, column) = NUMBERED.iter().find(|(k, _)| *k == name)?;
    let most = match name {
        "cs" => '6',
        "c6a" | "cfp" => '4',
        "cn" => '3',
        _ => '2',
    };
    (digit <= most).then(|| format!("{column}{digit}{label}"))
}

/// The first fields of a header, without escapes, and the text after the last of them.
fn fields(event: &str, wanted: usize) -> (Vec<String>, &str) {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut chars = event.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, next @ ('|' | '\\'))) => field.push(next),
                Some((_, next)) => field.extend(['\\', next]),
                None => field.push('\\'),
            },
            '|' => {
                fields.push(std::mem::take(&mut field).trim().to_owned());
                if fields.len() == wanted {
                    return (fields, event.get(at + 1..).unwrap_or_default());
                }
            }
            c => field.push(c),
        }
    }
    // an event without keys can lack the last bar
    fields.push(field.trim().to_owned());
    (fields, "")
}

fn after_fields(event: &str, count: usize) -> &str {
    fields(event, count).1
}

/// The delimiter in a field of LEEF 2.0: a character, or its number as `x09` or `0x09`.
fn leef_delimiter(named: &str) -> Option<char> {
    let hex = named.strip_prefix("0x").or_else(|| named.strip_prefix('x').filter(|hex| hex.len() > 1));
    match hex {
        Some(hex) => u32::from_str_radix(hex, 16).ok().and_then(char::from_u32),
        None if named.is_empty() => Some('\t'),
        None => {
            let mut chars = named.chars();
            chars.next().filter(|_| chars.next().is_none())
        }
    }
}

/// The keys and values of CEF: a key is a word before an equals sign, a value extends to the next key.
fn pairs(text: &str) -> Vec<(&str, String)> {
    let mut found: Vec<(&str, usize, usize)> = Vec::new();
    let (mut escaped, mut begin) = (false, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b' ' | b'\t' => begin = at + 1,
            b'=' => {
                let key = text.get(begin..at).unwrap_or_default();
                let plain = |c: char| c.is_ascii_alphanumeric() || "_.-[]:".contains(c);
                if key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && key.chars().all(plain) {
                    found.push((key, begin, at + 1));
                    // what follows has no separate key before a blank
                    begin = usize::MAX;
                }
            }
            _ => {}
        }
    }
    let ends = found.iter().skip(1).map(|(_, begin, _)| *begin).chain([text.len()]);
    let value = |from: usize, to: usize| unescaped(text.get(from..to).unwrap_or_default().trim());
    found.iter().zip(ends).map(|((key, _, from), to)| (*key, value(*from, to))).collect()
}

fn unescaped(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some(next @ ('=' | '\\' | '|')) => out.push(next),
                Some(next) => out.extend(['\\', next]),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    out
}

/// The time in a key: milliseconds since 1970, `MMM dd yyyy HH:mm:ss` with or without milliseconds and zone, or ISO 8601.
fn event_time(text: &str) -> Option<Time> {
    let text = text.trim();
    if text.len() >= 10 && text.bytes().all(|b| b.is_ascii_digit()) {
        return crate::sources::dates::epoch(text).map(|(ticks, _)| Time::Known(ticks));
    }
    if let Some(ticks) = parse_datetime(text).filter(|_| !text.bytes().all(|b| b.is_ascii_digit())) {
        return Some(Time::Known(ticks));
    }
    super::syslog::time(text).map(|(time, _)| time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::EPOCH;
    use crate::time::SECOND;

    #[test]
    fn keys_and_values() {
        let all = |text| pairs(text).into_iter().map(|(k, v)| format!("{k}:{v}")).collect::<Vec<_>>();
        assert_eq!(
            all("src=10.0.0.1 msg=a b\\=c d request=http://x/?a=1&b=2 act=x"),
            ["src:10.0.0.1", "msg:a b=c d", "request:http://x/?a=1&b=2", "act:x"]
        );
        assert_eq!(all("msg=one\\ntwo \\\\ three cs1="), ["msg:one\ntwo \\ three", "cs1:"]);
        assert_eq!(all("no keys"), Vec::<String>::new());
        assert_eq!(all("ad.key=v a=b=c"), ["ad.key:v", "a:b=c"]);
    }

    #[test]
    fn headers() {
        assert_eq!(fields("CEF:0|a\\|b|c\\\\d|1|2|n|5|src=1", 7).0[1..3], ["a|b", "c\\d"]);
        assert_eq!(fields("CEF:0|a|b|1|2|n|5", 7).0.len(), 7);
        assert_eq!(start("<1>Oct 11 22:14:15 h CEF:0|a|b"), Some(21));
        assert_eq!(start("say CEF: is a format|x"), None);
        assert_eq!(leef_delimiter("x09"), Some('\t'));
        assert_eq!(leef_delimiter("^"), Some('^'));
        assert_eq!(leef_delimiter("src=1"), None);
        assert_eq!(numbered("cs7"), None);
        assert_eq!(numbered("cn2Label").as_deref(), Some("DeviceCustomNumber2Label"));
    }

    #[test]
    fn times() {
        let of = |text| match event_time(text) {
            Some(Time::Known(ticks)) => datetime_text(ticks),
            other => format!("{other:?}"),
        };
        assert_eq!(of("1697062455003"), "2023-10-11T22:14:15.0030000");
        assert_eq!(of("Oct 11 2023 22:14:15"), "2023-10-11T22:14:15");
        assert_eq!(of("Oct 11 2023 22:14:15.123 UTC"), "2023-10-11T22:14:15.1230000");
        assert_eq!(of("2023-10-11T22:14:15Z"), "2023-10-11T22:14:15");
        assert_eq!(of("soon"), "None");
        assert_eq!(
            of(&format!("{}", (parse_datetime("2023-10-11").expect("a date") - EPOCH) / SECOND)),
            "2023-10-11T00:00:00"
        );
    }
}
