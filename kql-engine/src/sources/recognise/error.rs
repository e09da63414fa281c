//! Why a record is not a row.

use super::super::error::RowError;
use kql_scan::json_text::Fault;

/// Why a record, or an element of it, is not a row.
#[derive(Debug, thiserror::Error)]
pub(in crate::sources) enum RecordError {
    /// The record is not valid JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The record is not valid JSON, in the words of the cursor.
    #[error("{0}")]
    Fault(Fault),
    /// The fields of a row do not fit the header.
    #[error(transparent)]
    Row(#[from] RowError),
    /// A member with JSON inside a text.
    #[error("{member} is not a JSON object: {source}")]
    NotJson {
        /// The member.
        member: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A member without a text.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// A member that should be an array.
    #[error("{0} is not an array")]
    NotAnArray(&'static str),
    /// A member that should be an object.
    #[error("{0} is not an object")]
    NotAnObject(&'static str),
    /// An element of this member that should be an object.
    #[error("an element of {0} is not an object")]
    Element(&'static str),
    /// A record without this member.
    #[error("the record has no {0}")]
    NoMember(&'static str),
    /// An event of Windows without this member.
    #[error("the event has no {0}")]
    NoEventMember(&'static str),
    /// An event of Winlogbeat without its number.
    #[error("the event has neither winlog.event_id nor event.code")]
    NoEventId,
    /// A category that cannot be the name of a table.
    #[error("the category {0} names no table")]
    NotATable(String),
    /// A category whose table is not known.
    #[error("no table is known for the category {0}")]
    UnknownCategory(String),
    /// A response of a service that cannot be read.
    #[error("the response cannot be read: {0}")]
    Response(#[source] serde_json::Error),
    /// A response that takes rows back.
    #[error("the fragment replaces earlier rows, which is not supported: ask for an answer that is not progressive")]
    Replacement,
    /// A response that is not complete.
    #[error("the response reports that the query failed before it was complete")]
    Incomplete,
    /// A header of CEF with another number of fields.
    #[error("the header of CEF has 7 fields, and this one {0}")]
    Cef(usize),
    /// A header of LEEF with fewer fields.
    #[error("the header of LEEF has 5 fields at least, and this one {0}")]
    Leef(usize),
    /// A line in none of these formats.
    #[error("not a line of syslog, CEF or LEEF")]
    NotSyslog,
    /// A record of another log.
    #[error("not a CloudTrail record: it has neither eventName nor eventTime")]
    NotCloudTrail,
    /// A row of Zeek's before its header.
    #[error("there is no #fields before this line")]
    NoFields,
    /// A line of Zeek's that begins with `#`.
    #[error("#{0} is not a valid Zeek header")]
    ZeekHeader(String),
}

impl From<Fault> for RecordError {
    fn from(fault: Fault) -> RecordError {
        RecordError::Fault(fault)
    }
}
