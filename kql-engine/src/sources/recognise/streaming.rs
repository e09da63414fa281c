//! Records with an envelope: Defender's streaming API (to storage and to an Event Hub) and Azure's diagnostic settings.
//!
//! | record | table | row |
//! | --- | --- | --- |
//! | `category` is `AdvancedHunting-T` | T | `properties` |
//! | `category` is a log of Entra ID | the log's table | `properties` and the envelope, in the table's letter case |
//! | `records` is an array | of each element | of each element |

use super::error::RecordError;
use super::head::JsonHead;
use super::known::Known;
use super::wrapped::{Out, Wrapped};
use kql_scan::json_keys::KeyPredictor;
use kql_scan::json_text::{Cursor, Raw};
use kql_scan::unescape;
use serde_json::{Map, Value};
use std::sync::Arc;

pub(super) static STREAMING: Wrapped = Wrapped { name: "Defender streaming API", unwrap, texts: false, inside: None };
pub(super) static EVENT_HUB: Wrapped =
    Wrapped { name: "Event Hub records", unwrap: batch, texts: false, inside: Some("records") };
pub(super) static DIAGNOSTIC: Wrapped =
    Wrapped { name: "Azure diagnostic records", unwrap, texts: false, inside: None };

const PREFIX: &str = "AdvancedHunting-";

pub(super) fn is_streaming(head: &JsonHead) -> bool {
    head.string("category").is_some_and(|c| c.starts_with(PREFIX)) && head.begins("properties", &['{'])
}

pub(super) fn is_event_hub(head: &JsonHead) -> bool {
    let raw = head.raw("records");
    let inside = raw.strip_prefix('[').map(str::trim_start).unwrap_or_default();
    inside.starts_with('{') || (raw.starts_with('[') && inside.starts_with(']') && head.names().len() == 1)
}

pub(super) fn is_diagnostic(head: &JsonHead) -> bool {
    head.string("category").is_some()
        && head.begins("properties", &['{'])
        && head.has("time")
        && (head.has("operationName") || head.has("resourceId"))
}

/// The tables of Entra ID's logs, by category.
const LOGS: [(&str, &str); 15] = [
    ("SignInLogs", "SigninLogs"),
    ("NonInteractiveUserSignInLogs", "AADNonInteractiveUserSignInLogs"),
    ("ServicePrincipalSignInLogs", "AADServicePrincipalSignInLogs"),
    ("ManagedIdentitySignInLogs", "AADManagedIdentitySignInLogs"),
    ("MicrosoftServicePrincipalSignInLogs", "MicrosoftServicePrincipalSignInLogs"),
    ("ADFSSignInLogs", "ADFSSignInLogs"),
    ("AuditLogs", "AuditLogs"),
    ("ProvisioningLogs", "AADProvisioningLogs"),
    ("RiskyUsers", "AADRiskyUsers"),
    ("UserRiskEvents", "AADUserRiskEvents"),
    ("RiskyServicePrincipals", "AADRiskyServicePrincipals"),
    ("ServicePrincipalRiskEvents", "AADServicePrincipalRiskEvents"),
    ("MicrosoftGraphActivityLogs", "MicrosoftGraphActivityLogs"),
    ("NetworkAccessTrafficLogs", "NetworkAccessTraffic"),
    ("EnrichedOffice365AuditLogs", "EnrichedMicrosoft365AuditLogs"),
];

/// All elements of `records`.
fn batch(record: &str, known: &Known, out: &mut Out) -> Result<(), RecordError> {
    let [Raw::Nested(text)] = members(record, ["records"])? else { return unwrap(record, known, out) };
    let mut cursor = Cursor::new(text);
    if !cursor.take(b'[') {
        return Err(RecordError::NotAnArray("records"));
    }
    loop {
        cursor.space();
        while cursor.take(b',') {
            cursor.space();
        }
        if matches!(cursor.peek(), None | Some(b']')) {
            return Ok(());
        }
        match cursor.value()? {
            Raw::Nested(inner) => {
                if let Err(reason) = unwrap(inner, known, out) {
                    out.refused.push(reason.to_string());
                }
            }
            _ => out.refused.push(RecordError::Element("records").to_string()),
        }
    }
}

/// The values of these keys.
fn members<'a, const N: usize>(record: &'a str, keys: [&str; N]) -> Result<[Raw<'a>; N], RecordError> {
    let mut values = [Raw::Null; N];
    let mut cursor = Cursor::new(record);
    cursor.space();
    cursor.object(&mut KeyPredictor::of(keys), values.as_mut_slice())?;
    Ok(values)
}

fn unwrap(record: &str, known: &Known, out: &mut Out) -> Result<(), RecordError> {
    let [category, properties] = members(record, ["category", "properties"])?;
    let Raw::String(category) = category else { return Err(RecordError::NoMember("category")) };
    let category = unescape(category);
    let Raw::Nested(properties) = properties else { return Err(RecordError::NoMember("properties")) };
    if let Some(table) = category.strip_prefix(PREFIX) {
        if !table.chars().all(|c| c.is_alphanumeric() || c == '_') || table.is_empty() {
            return Err(RecordError::NotATable(category.into_owned()));
        }
        // the nested values are validated when they are read; here it is only checked that it is an object
        if !properties.starts_with('{') {
            return Err(RecordError::NotAnObject("properties"));
        }
        out.rows.push((Some(table.into()), properties.to_owned()));
        return Ok(());
    }
    let table = match LOGS.iter().find(|(log, _)| *log == category) {
        Some((_, table)) => (*table).to_owned(),
        None => known.any_case(&category).ok_or_else(|| RecordError::UnknownCategory(category.to_string()))?,
    };
    out.rows.push((Some(table.as_str().into()), flat(record, &table, known)?));
    Ok(())
}

/// A record of a diagnostic setting as a row of its table.
fn flat(record: &str, table: &str, known: &Known) -> Result<String, RecordError> {
    let record: Map<String, Value> = serde_json::from_str(record)?;
    let schema = known.table(table);
    let column = |key: &str| -> Option<String> {
        let schema: &Arc<_> = schema.as_ref()?;
        schema.columns.iter().find(|c| c.name.eq_ignore_ascii_case(key)).map(|c| c.name.clone())
    };
    let mut row = Map::new();
    for (key, value) in record {
        match (key.as_str(), value) {
            ("time", value) => {
                row.insert("TimeGenerated".to_owned(), value);
            }
            ("properties", Value::Object(properties)) => {
                for (key, value) in properties {
                    row.insert(column(&key).unwrap_or_else(|| pascal(&key)), value);
                }
            }
            ("callerIpAddress", value) => {
                row.entry(column("IPAddress").unwrap_or_else(|| "CallerIpAddress".to_owned())).or_insert(value);
            }
            (key, value) => {
                row.entry(column(key).unwrap_or_else(|| pascal(key))).or_insert(value);
            }
        }
    }
    row.insert("Type".to_owned(), Value::String(table.to_owned()));
    Ok(Value::Object(row).to_string())
}

fn pascal(key: &str) -> String {
    let mut chars = key.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
