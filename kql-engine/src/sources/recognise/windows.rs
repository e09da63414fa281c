//! Windows events, from event logs and from the tools that write them as JSON and CSV, as rows of
//! SecurityEvent (the channel Security) and Event (all others, Sysmon among them).
//!
//! | form | recognised by |
//! | --- | --- |
//! | event log (`.evtx`) | `ElfFile`; `evtx.rs` converts it to the next form |
//! | `evtx_dump -o json` | `{"Event": {"System": {}, "EventData": {}}}` |
//! | `Get-WinEvent \| ConvertTo-Json`, `\| Export-Csv` | `Id`, `ProviderName`, `LogName` |
//! | one flat object per event (NXLog, Winlogbeat without nesting) | `EventID`, `Channel` |
//!
//! `Get-WinEvent` writes the values of an event without their names. The names for some events of the channel Security are
//! known here; the values of other events are numbered.

use super::activities;
use super::error::RecordError;
use super::head::{CsvHead, JsonHead};
use super::known::Known;
use super::wrapped::{Out, Wrapped};
use serde_json::{Map, Value};
use std::fmt::Write;
use std::sync::Arc;

pub(super) static JSON: Wrapped = Wrapped { name: "Windows events (JSON)", unwrap, texts: false, inside: None };
pub(super) static LOG: Wrapped = Wrapped { name: super::super::evtx::NAME, unwrap, texts: false, inside: None };
pub(super) static CSV: Wrapped = Wrapped { name: "Windows events (CSV)", unwrap, texts: true, inside: None };

pub(super) fn is_event(head: &JsonHead) -> bool {
    let nested = head.begins("Event", &['{']) && head.raw("Event").contains("\"System\"");
    let powershell = head.has("Id") && head.has("ProviderName") && head.has("LogName");
    let flat = head.has("EventID") && head.has("Channel") && !head.has("TimeGenerated");
    nested || powershell || flat
}

pub(super) fn is_event_csv(head: &CsvHead) -> bool {
    head.has("Id") && head.has("ProviderName") && head.has("LogName") && head.has("TimeCreated")
}

/// An event, in any form.
#[derive(Debug, Default)]
pub(super) struct Event {
    pub time: String,
    pub computer: String,
    pub id: i64,
    pub channel: String,
    pub provider: String,
    pub level: Option<i64>,
    pub task: Option<i64>,
    pub version: Option<i64>,
    pub opcode: String,
    pub keywords: String,
    pub record: String,
    pub process: Option<i64>,
    pub thread: Option<i64>,
    pub user: String,
    pub correlation: String,
    pub message: String,
    /// Names and values; a name can be missing.
    pub data: Vec<(String, String)>,
}

fn unwrap(record: &str, known: &Known, out: &mut Out) -> Result<(), RecordError> {
    let record: Map<String, Value> = serde_json::from_str(record)?;
    let event = if let Some(Value::Object(event)) = record.get("Event") {
        nested(event)?
    } else if record.contains_key("ProviderName") && record.contains_key("Id") {
        powershell(&record)?
    } else {
        flat(&record)?
    };
    rows(&event, known, out);
    Ok(())
}

/// The row of an event.
pub(super) fn rows(event: &Event, known: &Known, out: &mut Out) {
    let security = event.channel.eq_ignore_ascii_case("Security");
    let (table, row) = if security { ("SecurityEvent", security_event(event, known)) } else { ("Event", other(event)) };
    out.rows.push((Some(table.into()), Value::Object(row).to_string()));
}

/// A value as its text in XML.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join("\n"),
        Value::Object(object) => object.get("#text").map_or_else(|| value.to_string(), text),
        other => other.to_string(),
    }
}

/// A number, also in hexadecimal or as a string.
pub(super) fn number(value: &Value) -> Option<i64> {
    let text = text(value);
    match text.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None => text.trim().parse().ok(),
    }
}

/// `{"System": {}, "EventData": {}}`
fn nested(event: &Map<String, Value>) -> Result<Event, RecordError> {
    let Some(system) = event.get("System") else { return Err(RecordError::NoEventMember("System")) };
    let get = |name: &str| system.get(name).unwrap_or(&Value::Null);
    let attribute = |name: &str, attribute: &str| {
        let value = get(name);
        let attributes = value.get("#attributes").or_else(|| system.get(format!("{name}_attributes"))).unwrap_or(value);
        attributes.get(attribute).or_else(|| value.get(format!("@{attribute}"))).map(text).unwrap_or_default()
    };
    let mut result = Event {
        time: attribute("TimeCreated", "SystemTime"),
        computer: text(get("Computer")),
        id: number(get("EventID")).ok_or(RecordError::NoEventMember("EventID"))?,
        channel: text(get("Channel")),
        provider: attribute("Provider", "Name"),
        level: number(get("Level")),
        task: number(get("Task")),
        version: number(get("Version")),
        opcode: text(get("Opcode")),
        keywords: text(get("Keywords")),
        record: text(get("EventRecordID")),
        process: attribute("Execution", "ProcessID").parse().ok(),
        thread: attribute("Execution", "ThreadID").parse().ok(),
        user: attribute("Security", "UserID"),
        correlation: attribute("Correlation", "ActivityID"),
        ..Event::default()
    };
    if let Some(Value::Object(info)) = event.get("RenderingInfo") {
        result.message = info.get("Message").map(text).unwrap_or_default();
    }
    match event.get("EventData") {
        Some(Value::Object(data)) => event_data(data, &mut result.data),
        Some(Value::Null) | None => {
            // UserData contains one element of the provider
            if let Some(Value::Object(user)) = event.get("UserData") {
                for inner in user.values() {
                    if let Value::Object(inner) = inner {
                        event_data(inner, &mut result.data);
                    }
                }
            }
        }
        Some(other) => result.data.push((String::new(), text(other))),
    }
    Ok(result)
}

fn event_data(data: &Map<String, Value>, out: &mut Vec<(String, String)>) {
    for (name, value) in data {
        match (name.as_str(), value) {
            ("#attributes" | "xmlns", _) => {}
            // elements without names
            ("Data", Value::Object(object)) if object.contains_key("#text") => match object.get("#text") {
                Some(Value::Array(items)) => out.extend(items.iter().map(|v| (String::new(), text(v)))),
                Some(one) => out.push((String::new(), text(one))),
                None => {}
            },
            ("Data", Value::Array(items)) => {
                for item in items {
                    // {"Name": …, "#text": …}, as XML converters write it
                    let named = item.get("#attributes").unwrap_or(item);
                    let name = named.get("Name").or_else(|| named.get("@Name")).map(text).unwrap_or_default();
                    out.push((
                        name,
                        if item.is_object() { item.get("#text").map(text).unwrap_or_default() } else { text(item) },
                    ));
                }
            }
            _ => out.push((name.clone(), text(value))),
        }
    }
}

/// The names of the values of some events, in their order.
const VALUES: [(i64, &[&str]); 4] = [
    (
        4624,
        &[
            "SubjectUserSid",
            "SubjectUserName",
            "SubjectDomainName",
            "SubjectLogonId",
            "TargetUserSid",
            "TargetUserName",
            "TargetDomainName",
            "TargetLogonId",
            "LogonType",
            "LogonProcessName",
            "AuthenticationPackageName",
            "WorkstationName",
            "LogonGuid",
            "TransmittedServices",
            "LmPackageName",
            "KeyLength",
            "ProcessId",
            "ProcessName",
            "IpAddress",
            "IpPort",
            "ImpersonationLevel",
            "RestrictedAdminMode",
            "TargetOutboundUserName",
            "TargetOutboundDomainName",
            "VirtualAccount",
            "TargetLinkedLogonId",
            "ElevatedToken",
        ],
    ),
    (
        4625,
        &[
            "SubjectUserSid",
            "SubjectUserName",
            "SubjectDomainName",
            "SubjectLogonId",
            "TargetUserSid",
            "TargetUserName",
            "TargetDomainName",
            "Status",
            "FailureReason",
            "SubStatus",
            "LogonType",
            "LogonProcessName",
            "AuthenticationPackageName",
            "WorkstationName",
            "TransmittedServices",
            "LmPackageName",
            "KeyLength",
            "ProcessId",
            "ProcessName",
            "IpAddress",
            "IpPort",
        ],
    ),
    (4672, &["SubjectUserSid", "SubjectUserName", "SubjectDomainName", "SubjectLogonId", "PrivilegeList"]),
    (
        4688,
        &[
            "SubjectUserSid",
            "SubjectUserName",
            "SubjectDomainName",
            "SubjectLogonId",
            "NewProcessId",
            "NewProcessName",
            "TokenElevationType",
            "ProcessId",
            "CommandLine",
            "TargetUserSid",
            "TargetUserName",
            "TargetDomainName",
            "TargetLogonId",
            "ParentProcessName",
            "MandatoryLabel",
        ],
    ),
];

/// The output of `Get-WinEvent`.
fn powershell(record: &Map<String, Value>) -> Result<Event, RecordError> {
    let get = |name: &str| record.get(name).unwrap_or(&Value::Null);
    let id = number(get("Id")).ok_or(RecordError::NoEventMember("Id"))?;
    let mut event = Event {
        time: date(get("TimeCreated")),
        computer: text(get("MachineName")),
        id,
        channel: text(get("LogName")),
        provider: text(get("ProviderName")),
        level: number(get("Level")),
        task: number(get("Task")),
        version: number(get("Version")),
        opcode: text(get("Opcode")),
        keywords: text(get("Keywords")),
        record: text(get("RecordId")),
        process: number(get("ProcessId")),
        thread: number(get("ThreadId")),
        user: match get("UserId") {
            Value::Object(user) => user.get("Value").map(text).unwrap_or_default(),
            other => text(other),
        },
        correlation: text(get("ActivityId")),
        message: text(get("Message")),
        ..Event::default()
    };
    if let Value::Array(values) = get("Properties") {
        let names =
            VALUES.iter().find(|(known, _)| *known == id && event.channel == "Security").map(|(_, names)| *names);
        for (i, value) in values.iter().enumerate() {
            let name = names.and_then(|names| names.get(i)).map_or_else(String::new, |n| (*n).to_owned());
            event.data.push((name, text(value.get("Value").unwrap_or(value))));
        }
    }
    Ok(event)
}

/// A date of ConvertTo-Json: `/Date(1709290800000)/`, `{"value": …}` or a string.
fn date(value: &Value) -> String {
    let text = match value {
        Value::Object(object) => object.get("value").or_else(|| object.get("DateTime")).map(text).unwrap_or_default(),
        other => text(other),
    };
    let millis = text.trim_matches('\\').strip_prefix("/Date(").and_then(|t| t.trim_end_matches('/').strip_suffix(')'));
    match millis.and_then(|m| m.split(['+', '-']).next_back().filter(|_| m.starts_with('-')).or(Some(m))) {
        Some(digits) => match digits.split(['+', '-']).next().unwrap_or_default().parse::<i64>() {
            Ok(millis) => {
                let epoch = crate::time::EPOCH;
                kql_parser::time::datetime_text(millis.saturating_mul(crate::time::MILLISECOND).saturating_add(epoch))
                    + "Z"
            }
            Err(_) => text,
        },
        None => text,
    }
}

/// An event as one flat object.
fn flat(record: &Map<String, Value>) -> Result<Event, RecordError> {
    let first =
        |names: &[&str]| names.iter().find_map(|n| record.get(*n).filter(|v| !v.is_null())).unwrap_or(&Value::Null);
    const OWN: [&str; 34] = [
        "EventID",
        "Channel",
        "Hostname",
        "Computer",
        "host",
        "@timestamp",
        "EventTime",
        "TimeCreated",
        "UtcTime",
        "SourceName",
        "ProviderName",
        "ProviderGuid",
        "Provider",
        "Severity",
        "SeverityValue",
        "Level",
        "Task",
        "Version",
        "Opcode",
        "OpcodeValue",
        "Keywords",
        "RecordNumber",
        "EventRecordID",
        "ExecutionProcessID",
        "ThreadID",
        "UserID",
        "ActivityID",
        "Message",
        "EventReceivedTime",
        "SourceModuleName",
        "SourceModuleType",
        "EventType",
        "Category",
        "tags",
    ];
    let mut event = Event {
        time: date(first(&["@timestamp", "TimeCreated", "EventTime"])),
        computer: text(first(&["Computer", "Hostname", "host"])),
        id: number(first(&["EventID"])).ok_or(RecordError::NoEventMember("EventID"))?,
        channel: text(first(&["Channel"])),
        provider: text(first(&["SourceName", "ProviderName", "Provider"])),
        level: number(first(&["Level"])),
        task: number(first(&["Task"])),
        version: number(first(&["Version"])),
        opcode: text(first(&["OpcodeValue", "Opcode"])),
        keywords: text(first(&["Keywords"])),
        record: text(first(&["RecordNumber", "EventRecordID"])),
        process: number(first(&["ExecutionProcessID"])),
        thread: number(first(&["ThreadID"])),
        user: text(first(&["UserID"])),
        correlation: text(first(&["ActivityID"])),
        message: text(first(&["Message"])),
        ..Event::default()
    };
    for (name, value) in record {
        // Sysmon has its own UtcTime
        if !OWN.contains(&name.as_str()) || name == "UtcTime" {
            event.data.push((name.clone(), text(value)));
        }
    }
    Ok(event)
}

fn xml_escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() && !matches!(c, '\n' | '\r' | '\t') => {}
            c => out.push(c),
        }
    }
}

/// The data as Windows writes it in XML; `gap` is what the agent puts before each value.
fn xml(event: &Event, gap: &str) -> String {
    let mut out = "<EventData xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\">".to_owned();
    for (name, value) in &event.data {
        out.push_str(gap);
        out.push_str("<Data");
        if !name.is_empty() {
            out.push_str(" Name=\"");
            xml_escape(name, &mut out);
            out.push('"');
        }
        out.push('>');
        xml_escape(value, &mut out);
        out.push_str("</Data>");
    }
    out.push_str(gap.trim_end_matches(' '));
    out.push_str("</EventData>");
    out
}

/// SecurityEvent has one line per value, which parsers match literally; Event has all values in one line.
const LINE: &str = "\r\n  ";

fn level_name(level: i64) -> &'static str {
    match level {
        0 => "LogAlways",
        1 => "Critical",
        2 => "Error",
        3 => "Warning",
        4 => "Information",
        5 => "Verbose",
        _ => "",
    }
}

/// A row of SecurityEvent.
fn security_event(event: &Event, known: &Known) -> Map<String, Value> {
    let schema = known.table("SecurityEvent");
    let data = |name: &str| event.data.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str());
    let mut row = common(event);
    let mut put = |name: &str, value: Value| {
        if value != Value::Null && value != Value::String(String::new()) {
            row.insert(name.to_owned(), value);
        }
    };
    for (name, value) in &event.data {
        let schema: Option<&Arc<_>> = schema.as_ref();
        match schema {
            Some(schema) => {
                if let Some(column) = schema.columns.iter().find(|c| c.name.eq_ignore_ascii_case(name)) {
                    put(&column.name, value.as_str().into());
                }
            }
            None if !name.is_empty() => put(name, value.as_str().into()),
            None => {}
        }
    }
    let account = |domain: &str, user: &str| match (data(domain), data(user)) {
        (_, "" | "-") => String::new(),
        ("" | "-", user) => user.to_owned(),
        (domain, user) => format!("{domain}\\{user}"),
    };
    let subject = account("SubjectDomainName", "SubjectUserName");
    let target = account("TargetDomainName", "TargetUserName");
    let logon = matches!(event.id, 4624 | 4625 | 4634 | 4647 | 4648 | 4768 | 4769 | 4771 | 4776);
    let own = if (logon && !target.is_empty()) || subject.is_empty() { &target } else { &subject };
    if !own.is_empty() {
        let sid = if own == &target { data("TargetUserSid") } else { data("SubjectUserSid") };
        let machine = own.ends_with('$') || matches!(sid, "S-1-5-18" | "S-1-5-19" | "S-1-5-20");
        put("Account", own.as_str().into());
        put("AccountType", if machine { "Machine" } else { "User" }.into());
    }
    put("SubjectAccount", subject.into());
    put("TargetAccount", target.into());
    let process = if event.id == 4688 { data("NewProcessName") } else { data("ProcessName") };
    put("Process", process.rsplit('\\').next().unwrap_or_default().trim_matches('-').into());
    let first = event.message.lines().next().unwrap_or_default();
    let activity = activities::of(event.id).unwrap_or(first);
    put("Activity", if activity.is_empty() { Value::Null } else { format!("{} - {activity}", event.id).into() });
    put("Channel", event.channel.as_str().into());
    put("EventSourceName", provider(event).into());
    put("Level", event.level.map_or(Value::Null, |l| l.to_string().into()));
    put("Task", event.task.map_or(Value::Null, Value::from));
    put("Version", event.version.map_or(Value::Null, Value::from));
    put("Opcode", event.opcode.as_str().into());
    put("Keywords", event.keywords.as_str().into());
    put("EventRecordId", event.record.as_str().into());
    put("Correlation", event.correlation.as_str().into());
    put("SystemProcessId", event.process.map_or(Value::Null, Value::from));
    put("SystemThreadId", event.thread.map_or(Value::Null, Value::from));
    put("SystemUserId", event.user.as_str().into());
    put("EventData", xml(event, LINE).into());
    put("Type", "SecurityEvent".into());
    row
}

/// The provider; if a shipper omits it, the channel contains it: `Microsoft-Windows-Sysmon/Operational`.
fn provider(event: &Event) -> &str {
    if !event.provider.is_empty() {
        return &event.provider;
    }
    match event.channel.split_once('/') {
        Some((provider, _)) => provider,
        None if event.channel.eq_ignore_ascii_case("Security") => match event.id {
            1100..=1199 => "Microsoft-Windows-Eventlog",
            _ => "Microsoft-Windows-Security-Auditing",
        },
        None => "",
    }
}

/// The name of a well-known account; for any other account the SID, since only its computer knows the name.
fn account(sid: &str) -> &str {
    let found = ACCOUNTS.iter().find(|(known, _)| *known == sid);
    found.map_or(sid, |(_, name)| name)
}

/// SIDs that are the same on all computers.
const ACCOUNTS: [(&str, &str); 28] = [
    ("S-1-0-0", "NULL SID"),
    ("S-1-1-0", "Everyone"),
    ("S-1-2-0", "LOCAL"),
    ("S-1-3-0", "CREATOR OWNER"),
    ("S-1-3-1", "CREATOR GROUP"),
    ("S-1-5-1", "NT AUTHORITY\\DIALUP"),
    ("S-1-5-2", "NT AUTHORITY\\NETWORK"),
    ("S-1-5-3", "NT AUTHORITY\\BATCH"),
    ("S-1-5-4", "NT AUTHORITY\\INTERACTIVE"),
    ("S-1-5-6", "NT AUTHORITY\\SERVICE"),
    ("S-1-5-7", "NT AUTHORITY\\ANONYMOUS LOGON"),
    ("S-1-5-9", "NT AUTHORITY\\ENTERPRISE DOMAIN CONTROLLERS"),
    ("S-1-5-10", "NT AUTHORITY\\SELF"),
    ("S-1-5-11", "NT AUTHORITY\\Authenticated Users"),
    ("S-1-5-12", "NT AUTHORITY\\RESTRICTED"),
    ("S-1-5-13", "NT AUTHORITY\\TERMINAL SERVER USER"),
    ("S-1-5-14", "NT AUTHORITY\\REMOTE INTERACTIVE LOGON"),
    ("S-1-5-15", "NT AUTHORITY\\This Organization"),
    ("S-1-5-17", "NT AUTHORITY\\IUSR"),
    ("S-1-5-18", "NT AUTHORITY\\SYSTEM"),
    ("S-1-5-19", "NT AUTHORITY\\LOCAL SERVICE"),
    ("S-1-5-20", "NT AUTHORITY\\NETWORK SERVICE"),
    ("S-1-5-32-544", "BUILTIN\\Administrators"),
    ("S-1-5-32-545", "BUILTIN\\Users"),
    ("S-1-5-32-546", "BUILTIN\\Guests"),
    ("S-1-5-90-0-1", "Window Manager\\DWM-1"),
    ("S-1-5-90-0-2", "Window Manager\\DWM-2"),
    ("S-1-5-96-0-0", "Font Driver Host\\UMFD-0"),
];

/// The columns that both tables have.
fn common(event: &Event) -> Map<String, Value> {
    let mut row = Map::new();
    row.insert("TimeGenerated".to_owned(), event.time.as_str().into());
    row.insert("Computer".to_owned(), event.computer.as_str().into());
    row.insert("EventID".to_owned(), event.id.into());
    if let Some(level) = event.level {
        row.insert("EventLevelName".to_owned(), level_name(level).into());
    }
    row.insert("SourceSystem".to_owned(), "OpsManager".into());
    row
}

/// A row of Event.
fn other(event: &Event) -> Map<String, Value> {
    let mut row = common(event);
    let mut put = |name: &str, value: Value| row.insert(name.to_owned(), value);
    put("EventLog", event.channel.as_str().into());
    put("Source", provider(event).into());
    put("EventLevel", event.level.map_or(Value::Null, Value::from));
    put("EventCategory", event.task.map_or(Value::Null, Value::from));
    put("UserName", account(&event.user).into());
    put("RenderedDescription", event.message.as_str().into());
    let mut parameters = String::new();
    for (_, value) in &event.data {
        parameters.push_str("<Param>");
        xml_escape(value, &mut parameters);
        parameters.push_str("</Param>");
    }
    put("ParameterXml", parameters.into());
    let mut item = "<DataItem type=\"System.XmlData\" time=\"".to_owned();
    xml_escape(&event.time, &mut item);
    let _ =
        write!(item, "\" sourceHealthServiceId=\"00000000-0000-0000-0000-000000000000\">{}</DataItem>", xml(event, ""));
    put("EventData", item.into());
    put("Type", "Event".into());
    row
}
