//! Logs of products without a known table. Their records are rows, in a table with the file's name; this module knows
//! how to recognise them, and the types that JSON cannot express: times that are written as numbers.
//!
//! | log | recognised by | |
//! | --- | --- | --- |
//! | Suricata `eve.json` | `timestamp`, `event_type`, `flow_id` or `pcap_cnt` | |
//! | Okta system log | `eventType`, `published`, `actor`, `uuid` | |
//! | GitHub audit log | `@timestamp` or `created_at`, and `action`, with an actor or organisation | `@timestamp`, `created_at` are datetimes |
//! | Google Cloud audit log | `logName`, `insertId`, `protoPayload` | |
//! | Zeek in JSON | `ts`, `uid` or `id.orig_h` | `ts` is a datetime; `_path` names the table |

use super::head::JsonHead;
use crate::types::ScalarType::{self, Datetime};

/// A product's log.
#[derive(Debug)]
pub(super) struct Product {
    /// The name of the format in `kql data`.
    pub name: &'static str,
    is: fn(&JsonHead) -> bool,
    /// The types of columns that cannot be inferred from their values.
    pub types: &'static [(&'static str, ScalarType)],
}

static PRODUCTS: [Product; 5] = [
    Product { name: "Suricata EVE", is: is_suricata, types: &[("timestamp", Datetime)] },
    Product { name: "Okta system log", is: is_okta, types: &[("published", Datetime)] },
    Product { name: "GitHub audit log", is: is_github, types: &[("@timestamp", Datetime), ("created_at", Datetime)] },
    Product {
        name: "Google Cloud audit log",
        is: is_google,
        types: &[("timestamp", Datetime), ("receiveTimestamp", Datetime)],
    },
    Product { name: "Zeek log (JSON)", is: is_zeek, types: &[("ts", Datetime)] },
];

/// The product whose log begins like this.
pub(super) fn find(head: &JsonHead) -> Option<&'static Product> {
    PRODUCTS.iter().find(|product| (product.is)(head))
}

/// The types of the product with this name.
pub(super) fn types(name: &str) -> Option<&'static [(&'static str, ScalarType)]> {
    PRODUCTS.iter().find(|product| product.name == name).map(|product| product.types)
}

/// The table that the rows name.
pub(super) fn table(head: &JsonHead) -> Option<String> {
    head.string("_path").filter(|path| is_zeek(head) && !path.is_empty())
}

fn is_suricata(head: &JsonHead) -> bool {
    head.has("timestamp")
        && head.has("event_type")
        && (head.has("flow_id") || head.has("pcap_cnt") || head.has("stats"))
}

fn is_okta(head: &JsonHead) -> bool {
    ["eventType", "published", "actor", "uuid"].iter().all(|key| head.has(key))
}

fn is_github(head: &JsonHead) -> bool {
    (head.has("@timestamp") || head.has("created_at"))
        && head.string("action").is_some_and(|action| action.contains('.'))
        && ["actor", "org", "business"].iter().any(|key| head.has(key))
}

fn is_google(head: &JsonHead) -> bool {
    head.has("logName") && head.has("insertId") && head.begins("protoPayload", &['{'])
}

fn is_zeek(head: &JsonHead) -> bool {
    head.has("ts") && (head.has("uid") || head.has("id.orig_h") || head.has("_path"))
}
