//! The types of entities that an alert can have, and their identifiers.
//!
//! <https://learn.microsoft.com/azure/sentinel/entities-reference>

/// A type of entities.
pub(crate) struct EntityType {
    /// Its name, as rules have it in `entityType`.
    pub name: &'static str,
    /// The identifiers that a mapping can have; empty if they are not known.
    pub identifiers: &'static [&'static str],
    /// A mapping must have all identifiers of one of these.
    pub required: &'static [&'static [&'static str]],
    /// The identifiers of which one alone names an entity. Others, such as the suffix of a name, only add to it.
    pub naming: &'static [&'static str],
}

impl EntityType {
    /// Whether a mapping can have an identifier, in any letter case; so can each if they are not known.
    pub fn has(&self, identifier: &str) -> bool {
        self.identifiers.is_empty() || self.identifiers.iter().any(|name| name.eq_ignore_ascii_case(identifier))
    }
}

/// The type with a name, in any letter case.
pub(crate) fn entity_type(name: &str) -> Option<&'static EntityType> {
    TYPES.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// All types.
pub(crate) static TYPES: [EntityType; 20] = [
    EntityType {
        name: "Account",
        identifiers: &[
            "Name",
            "FullName",
            "NTDomain",
            "DnsDomain",
            "UPNSuffix",
            "Sid",
            "AadTenantId",
            "AadUserId",
            "PUID",
            "IsDomainJoined",
            "DisplayName",
            "ObjectGuid",
            "CloudAppAccountId",
        ],
        required: &[&["FullName"], &["Sid"], &["Name"], &["AadUserId"], &["PUID"], &["ObjectGuid"]],
        naming: &["FullName", "Name", "AadUserId", "Sid", "PUID", "ObjectGuid"],
    },
    EntityType {
        name: "AzureResource",
        identifiers: &["ResourceId"],
        required: &[&["ResourceId"]],
        naming: &["ResourceId"],
    },
    EntityType {
        name: "CloudApplication",
        identifiers: &["AppId", "Name", "InstanceName"],
        required: &[&["AppId"], &["Name"]],
        naming: &["Name", "AppId", "InstanceName"],
    },
    EntityType { name: "DNS", identifiers: &["DomainName"], required: &[&["DomainName"]], naming: &["DomainName"] },
    EntityType { name: "File", identifiers: &["Directory", "Name"], required: &[&["Name"]], naming: &["Name"] },
    EntityType {
        name: "FileHash",
        identifiers: &["Algorithm", "Value"],
        required: &[&["Algorithm", "Value"]],
        naming: &["Value"],
    },
    EntityType {
        name: "Host",
        identifiers: &[
            "DnsDomain",
            "NTDomain",
            "HostName",
            "FullName",
            "NetBiosName",
            "AzureID",
            "OMSAgentID",
            "OSFamily",
            "OSVersion",
            "IsDomainJoined",
        ],
        required: &[&["FullName"], &["HostName"], &["NetBiosName"], &["AzureID"], &["OMSAgentID"]],
        naming: &["FullName", "HostName", "NetBiosName", "AzureID", "OMSAgentID"],
    },
    EntityType {
        name: "IP",
        identifiers: &["Address", "AddressScope"],
        required: &[&["Address"]],
        naming: &["Address"],
    },
    EntityType {
        name: "IoTDevice",
        identifiers: &[
            "DeviceId",
            "DeviceName",
            "Manufacturer",
            "Model",
            "FirmwareVersion",
            "OperatingSystem",
            "MacAddress",
            "Protocols",
            "SerialNumber",
            "Source",
            "IoTSecurityAgentId",
            "DeviceType",
        ],
        required: &[&["DeviceId"]],
        naming: &["DeviceId"],
    },
    EntityType {
        name: "Mailbox",
        identifiers: &["MailboxPrimaryAddress", "DisplayName", "Upn", "ExternalDirectoryObjectId", "RiskLevel"],
        required: &[&["MailboxPrimaryAddress"]],
        naming: &["MailboxPrimaryAddress", "Upn", "ExternalDirectoryObjectId"],
    },
    EntityType {
        name: "MailCluster",
        identifiers: &[
            "NetworkMessageIds",
            "CountByDeliveryStatus",
            "CountByThreatType",
            "CountByProtectionStatus",
            "Threats",
            "Query",
            "QueryTime",
            "MailCount",
            "IsVolumeAnomaly",
            "Source",
            "ClusterSourceIdentifier",
            "ClusterSourceType",
            "ClusterQueryStartTime",
            "ClusterQueryEndTime",
            "ClusterGroup",
        ],
        required: &[&["Query"], &["Source"]],
        naming: &["Query", "Source"],
    },
    EntityType {
        name: "MailMessage",
        identifiers: &[
            "Recipient",
            "Urls",
            "Threats",
            "Sender",
            "P1Sender",
            "P1SenderDisplayName",
            "P1SenderDomain",
            "SenderIP",
            "P2Sender",
            "P2SenderDisplayName",
            "P2SenderDomain",
            "ReceivedDate",
            "NetworkMessageId",
            "InternetMessageId",
            "Subject",
            "BodyFingerprintBin1",
            "BodyFingerprintBin2",
            "BodyFingerprintBin3",
            "BodyFingerprintBin4",
            "BodyFingerprintBin5",
            "AntispamDirection",
            "DeliveryAction",
            "DeliveryLocation",
            "Language",
            "ThreatDetectionMethods",
        ],
        required: &[&["NetworkMessageId"], &["Recipient"]],
        naming: &["NetworkMessageId", "InternetMessageId"],
    },
    EntityType { name: "Malware", identifiers: &["Name", "Category"], required: &[&["Name"]], naming: &["Name"] },
    EntityType {
        name: "Process",
        identifiers: &["ProcessId", "CommandLine", "ElevationToken", "CreationTimeUtc"],
        required: &[&["CommandLine"], &["ProcessId"]],
        naming: &["ProcessId", "CommandLine"],
    },
    EntityType {
        name: "RegistryKey",
        identifiers: &["Hive", "Key"],
        required: &[&["Key"], &["Hive"]],
        naming: &["Key"],
    },
    EntityType {
        name: "RegistryValue",
        identifiers: &["Name", "Value", "ValueType"],
        required: &[&["Name"]],
        naming: &["Name"],
    },
    EntityType {
        name: "SecurityGroup",
        identifiers: &["DistinguishedName", "SID", "ObjectGuid"],
        required: &[&["DistinguishedName"], &["SID"], &["ObjectGuid"]],
        naming: &["DistinguishedName", "SID", "ObjectGuid"],
    },
    EntityType { name: "SentinelEntities", identifiers: &[], required: &[], naming: &[] },
    EntityType {
        name: "SubmissionMail",
        identifiers: &[
            "NetworkMessageId",
            "Timestamp",
            "Recipient",
            "Sender",
            "SenderIp",
            "Subject",
            "ReportType",
            "SubmissionId",
            "SubmissionDate",
            "Submitter",
        ],
        required: &[&["SubmissionId"], &["NetworkMessageId"], &["Recipient"], &["Submitter"]],
        naming: &["SubmissionId", "NetworkMessageId"],
    },
    EntityType { name: "URL", identifiers: &["Url"], required: &[&["Url"]], naming: &["Url"] },
];
