//! Records of AWS CloudTrail as rows of AWSCloudTrail: as S3 delivers them (`{"Records": [...]}`), one record per line, or
//! as `aws cloudtrail lookup-events` returns them, with the record as a string in `CloudTrailEvent`.
//!
//! | record | AWSCloudTrail |
//! | --- | --- |
//! | `eventTime` | `TimeGenerated` |
//! | `userIdentity.…`, and `sessionContext` in it | `UserIdentity…`, `Session…` |
//! | objects and arrays (`requestParameters`, `resources`) | their JSON as a string |
//! | `requestID` | `AwsRequestId_`, and the older `AwsRequestId` |
//! | other keys | the column with that name in any letter case; else a new column |

use super::error::RecordError;
use super::head::JsonHead;
use super::known::Known;
use super::wrapped::{Out, Wrapped};
use serde_json::{Map, Value};

pub(super) static RECORDS: Wrapped =
    Wrapped { name: "AWS CloudTrail records", unwrap, texts: false, inside: Some("Records") };
pub(super) static LOOKUP: Wrapped =
    Wrapped { name: "AWS CloudTrail events", unwrap, texts: false, inside: Some("Events") };

const TABLE: &str = "AWSCloudTrail";

pub(super) fn is_records(head: &JsonHead) -> bool {
    let raw = head.raw("Records");
    // notifications of S3 have the same key
    let nested = raw.starts_with('[') && raw.contains("\"eventVersion\"") && !raw.contains("\"aws:s3\"");
    let empty = head.names() == ["Records"] && raw.strip_prefix('[').is_some_and(|r| r.trim_start().starts_with(']'));
    let flat = ["eventVersion", "eventSource", "eventName", "eventTime", "awsRegion"].iter().all(|key| head.has(key));
    nested || empty || flat
}

pub(super) fn is_lookup(head: &JsonHead) -> bool {
    head.raw("Events").starts_with('[') && head.raw("Events").contains("\"CloudTrailEvent\"")
        || head.has("CloudTrailEvent")
}

/// Keys whose columns have other names.
const RENAMED: [(&str, &str); 6] = [
    ("eventTime", "TimeGenerated"),
    ("eventID", "AwsEventId"),
    ("eventType", "EventTypeName"),
    ("eventCategory", "Category"),
    ("requestID", "AwsRequestId_"),
    ("sharedEventID", "SharedEventId"),
];

/// Keys of userIdentity.
const IDENTITY: [(&str, &str); 8] = [
    ("type", "UserIdentityType"),
    ("principalId", "UserIdentityPrincipalid"),
    ("arn", "UserIdentityArn"),
    ("accountId", "UserIdentityAccountId"),
    ("accessKeyId", "UserIdentityAccessKeyId"),
    ("userName", "UserIdentityUserName"),
    ("invokedBy", "UserIdentityInvokedBy"),
    ("identityStoreArn", "UserIdentityStoreArn"),
];

/// Keys of sessionIssuer in its sessionContext.
const ISSUER: [(&str, &str); 5] = [
    ("type", "SessionIssuerType"),
    ("principalId", "SessionIssuerPrincipalId"),
    ("arn", "SessionIssuerArn"),
    ("accountId", "SessionIssuerAccountId"),
    ("userName", "SessionIssuerUserName"),
];

fn unwrap(record: &str, known: &Known, out: &mut Out) -> Result<(), RecordError> {
    let mut record: Map<String, Value> = serde_json::from_str(record)?;
    // a line can contain several
    for key in ["Records", "Events"] {
        let Some(Value::Array(records)) = record.get_mut(key) else { continue };
        for record in std::mem::take(records) {
            let done = match record {
                Value::Object(record) => event(record, known, out),
                _ => Err(RecordError::Element(key)),
            };
            out.refused.extend(done.err().map(|reason| reason.to_string()));
        }
        return Ok(());
    }
    event(record, known, out)
}

/// A record, or the event that contains it.
fn event(record: Map<String, Value>, known: &Known, out: &mut Out) -> Result<(), RecordError> {
    match record.get("CloudTrailEvent").and_then(Value::as_str) {
        Some(text) => {
            let inner = serde_json::from_str(text)
                .map_err(|source| RecordError::NotJson { member: "CloudTrailEvent", source })?;
            one(inner, known, out)
        }
        None => one(record, known, out),
    }
}

fn one(record: Map<String, Value>, known: &Known, out: &mut Out) -> Result<(), RecordError> {
    if !record.contains_key("eventName") && !record.contains_key("eventTime") {
        return Err(RecordError::NotCloudTrail);
    }
    let schema = known.table(TABLE);
    let column = |key: &str| -> String {
        if let Some((_, column)) = RENAMED.iter().find(|(from, _)| *from == key) {
            return (*column).to_owned();
        }
        let own = schema.as_ref().and_then(|s| s.columns.iter().find(|c| c.name.eq_ignore_ascii_case(key)));
        own.map_or_else(|| key.to_owned(), |own| own.name.clone())
    };
    let mut row = Map::new();
    for (key, value) in record {
        match (key.as_str(), value) {
            (_, Value::Null) => {}
            ("userIdentity", Value::Object(identity)) => user_identity(identity, &mut row),
            ("tlsDetails", Value::Object(details)) => {
                for (key, value) in details {
                    row.insert(column(&key), value);
                }
            }
            (key, value) => {
                if key == "requestID" {
                    row.insert("AwsRequestId".to_owned(), value.clone());
                }
                row.insert(column(key), value);
            }
        }
    }
    row.insert("SourceSystem".to_owned(), "AWS".into());
    row.insert("Type".to_owned(), TABLE.into());
    out.rows.push((Some(TABLE.into()), Value::Object(row).to_string()));
    Ok(())
}

fn user_identity(identity: Map<String, Value>, row: &mut Map<String, Value>) {
    // keys without a column are kept together
    let mut rest = Map::new();
    let put = |row: &mut Map<String, Value>, names: &[(&str, &str)], key: &str, value: &Value| {
        let found = names.iter().find(|(name, _)| *name == key);
        if let Some((_, column)) = found {
            row.insert((*column).to_owned(), value.clone());
        }
        found.is_some()
    };
    for (key, value) in identity {
        match (key.as_str(), &value) {
            ("sessionContext", Value::Object(context)) => {
                if let Some(Value::Object(issuer)) = context.get("sessionIssuer") {
                    for (key, value) in issuer {
                        put(row, &ISSUER, key, value);
                    }
                }
                if let Some(attributes) = context.get("attributes") {
                    for (key, column) in
                        [("mfaAuthenticated", "SessionMfaAuthenticated"), ("creationDate", "SessionCreationDate")]
                    {
                        if let Some(value) = attributes.get(key) {
                            row.insert(column.to_owned(), value.clone());
                        }
                    }
                }
                if let Some(delivery) = context.get("ec2RoleDelivery") {
                    row.insert("EC2RoleDelivery".to_owned(), delivery.clone());
                }
                if let Some(federation) =
                    context.get("webIdFederationData").filter(|f| f.as_object().is_some_and(|o| !o.is_empty()))
                {
                    rest.insert("webIdFederationData".to_owned(), federation.clone());
                }
            }
            ("onBehalfOf", Value::Object(other)) => {
                if let Some(user) = other.get("userId") {
                    row.insert("UserIdentityUserId".to_owned(), user.clone());
                }
                if let Some(store) = other.get("identityStoreArn") {
                    row.insert("UserIdentityStoreArn".to_owned(), store.clone());
                }
            }
            (_, value) if put(row, &IDENTITY, &key, value) => {}
            _ => {
                rest.insert(key, value);
            }
        }
    }
    if !rest.is_empty() {
        row.insert("UserIdentityOther".to_owned(), Value::Object(rest));
    }
}
