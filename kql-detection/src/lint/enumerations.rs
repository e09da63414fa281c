//! Columns whose values are known.

/// Columns of tables and values that they are known to have: those of Microsoft's interfaces, and for ActionType, whose values
/// only the portal lists, those that published queries filter for. Values that are not here are not judged.
const KNOWN: [(&str, &str, &[&str]); 8] = [
    ("DeviceLogonEvents", "ActionType", &["LogonSuccess", "LogonFailed", "LogonAttempted"]),
    ("DeviceProcessEvents", "ActionType", &["ProcessCreated"]),
    ("DeviceFileEvents", "ActionType", &["FileCreated", "FileModified", "FileDeleted", "FileRenamed"]),
    (
        "DeviceNetworkEvents",
        "ActionType",
        &[
            "ConnectionSuccess",
            "ConnectionFailed",
            "ConnectionAttempt",
            "ConnectionRequest",
            "ConnectionFound",
            "ConnectionAcknowledged",
            "InboundConnectionAccepted",
            "ListeningConnectionCreated",
        ],
    ),
    (
        "DeviceRegistryEvents",
        "ActionType",
        &["RegistryKeyCreated", "RegistryKeyDeleted", "RegistryKeyRenamed", "RegistryValueSet", "RegistryValueDeleted"],
    ),
    ("SecurityAlert", "AlertSeverity", &["Informational", "Low", "Medium", "High"]),
    ("AlertInfo", "Severity", &["Informational", "Low", "Medium", "High"]),
    ("EmailEvents", "EmailDirection", &["Inbound", "Outbound", "Intra-org", "Unknown"]),
];

/// The values that a column of a table is known to have.
pub fn known_values(table: &str, column: &str) -> Option<&'static [&'static str]> {
    KNOWN.iter().find(|(t, c, _)| *t == table && *c == column).map(|(.., values)| *values)
}
