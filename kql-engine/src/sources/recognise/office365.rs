//! Records of the unified audit log as rows of OfficeActivity: from the Office 365 Management Activity API, and from
//! `Search-UnifiedAuditLog` or Purview in CSV, where the record is JSON in the column AuditData.
//!
//! | record | OfficeActivity |
//! | --- | --- |
//! | `CreationTime` (UTC, without a zone) | `TimeGenerated` |
//! | `Id`, `Workload`, `ObjectId` | `OfficeId`, `OfficeWorkload`, `OfficeObjectId` |
//! | `RecordType`, `UserType`, `LogonType` | names instead of numbers, if they are known |
//! | other keys | the column with that name; letter case and underscores are ignored |
//! | keys without a column | new columns |

use super::error::RecordError;
use super::head::{CsvHead, JsonHead};
use super::known::Known;
use super::wrapped::{Out, Wrapped};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::LazyLock;

pub(super) static RECORDS: Wrapped = Wrapped { name: "Office 365 audit records", unwrap, texts: false, inside: None };
pub(super) static AUDIT_CSV: Wrapped =
    Wrapped { name: "unified audit log CSV", unwrap: unwrap_csv, texts: false, inside: None };

const TABLE: &str = "OfficeActivity";

pub(super) fn is_record(head: &JsonHead) -> bool {
    let number = |c: char| c.is_ascii_digit();
    (head.raw("RecordType").starts_with(number) && head.has("CreationTime") && head.has("Operation"))
        || (head.has("AuditData") && (head.has("Operations") || head.has("Operation")))
}

pub(super) fn is_audit_csv(head: &CsvHead) -> bool {
    head.has("AuditData") && (head.has("Operations") || head.has("Operation"))
}

/// Keys whose columns have other names.
const RENAMED: [(&str, &str); 13] = [
    ("CreationTime", "TimeGenerated"),
    ("Id", "OfficeId"),
    ("Workload", "OfficeWorkload"),
    ("ObjectId", "OfficeObjectId"),
    ("ClientIPAddress", "Client_IPAddress"),
    ("LogonType", "Logon_Type"),
    ("SiteUrl", "Site_Url"),
    ("Site", "Site_"),
    ("EventData", "Event_Data"),
    ("SourceName", "Source_Name"),
    ("Target", "AADTarget"),
    ("AzureActiveDirectoryEventType", "AzureActiveDirectory_EventType"),
    ("OrganizationId", "OrganizationId"),
];

fn unwrap_csv(record: &str, known: &Known, out: &mut Out) -> Result<(), RecordError> {
    let row: Map<String, Value> = serde_json::from_str(record)?;
    let field = |name: &str| row.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).and_then(|(_, v)| v.as_str());
    let data = field("AuditData").unwrap_or_default();
    if data.trim().is_empty() {
        return Err(RecordError::Empty("AuditData"));
    }
    let mut audit: Map<String, Value> =
        serde_json::from_str(data).map_err(|source| RecordError::NotJson { member: "AuditData", source })?;
    // the row can contain what the record lacks
    for (key, columns) in [
        ("CreationTime", ["CreationDate", "CreationTime"]),
        ("Operation", ["Operations", "Operation"]),
        ("UserId", ["UserIds", "UserId"]),
        ("RecordType", ["RecordType", "RecordType"]),
    ] {
        if !audit.contains_key(key)
            && let Some(value) = columns.iter().find_map(|c| field(c)).filter(|v| !v.is_empty())
        {
            audit.insert(key.to_owned(), value.into());
        }
    }
    row_of(audit, known, out);
    Ok(())
}

fn unwrap(record: &str, known: &Known, out: &mut Out) -> Result<(), RecordError> {
    let record: Map<String, Value> = serde_json::from_str(record)?;
    match record.get("AuditData") {
        // ConvertTo-Json of Search-UnifiedAuditLog
        Some(Value::String(_)) => return unwrap_csv(&Value::Object(record).to_string(), known, out),
        Some(Value::Object(audit)) => row_of(audit.clone(), known, out),
        _ if !record.contains_key("RecordType") => return Err(RecordError::NoMember("RecordType")),
        _ => row_of(record, known, out),
    }
    Ok(())
}

fn row_of(record: Map<String, Value>, known: &Known, out: &mut Out) {
    let mut row = Map::new();
    let schema = known.table(TABLE);
    let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
    let column = |key: &str| -> String {
        if let Some((_, column)) = RENAMED.iter().find(|(from, _)| *from == key) {
            return (*column).to_owned();
        }
        let own = schema.as_ref().and_then(|s| {
            let same = s.columns.iter().find(|c| c.name == key);
            same.or_else(|| s.columns.iter().find(|c| plain(&c.name) == plain(key)))
        });
        // the table's own column Type names the table
        match own {
            Some(own) if own.name == "Type" || own.name == "Name" && key != "Name" => format!("{key}_"),
            Some(own) => own.name.clone(),
            None => key.to_owned(),
        }
    };
    for (key, value) in record {
        let value = match key.as_str() {
            "RecordType" => named(value, &RECORD_TYPES),
            "UserType" => named(value, &USER_TYPES),
            "LogonType" => named(value, &LOGON_TYPES),
            _ => value,
        };
        row.insert(column(&key), value);
    }
    row.insert("SourceSystem".to_owned(), "OfficeActivityManager".into());
    row.insert("Type".to_owned(), TABLE.into());
    out.rows.push((Some(TABLE.into()), Value::Object(row).to_string()));
}

type Names = LazyLock<HashMap<i64, &'static str>>;

/// The name of a number; a number without a name is kept.
fn named(value: Value, names: &Names) -> Value {
    let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
    match number.and_then(|n| names.get(&n)) {
        Some(name) => Value::String((*name).to_owned()),
        None => match value {
            Value::Number(number) => Value::String(number.to_string()),
            other => other,
        },
    }
}

fn table(text: &'static str) -> HashMap<i64, &'static str> {
    text.split_whitespace()
        .filter_map(|pair| pair.split_once('='))
        .filter_map(|(n, name)| Some((n.parse().ok()?, name)))
        .collect()
}

static USER_TYPES: Names = LazyLock::new(|| {
    table(
        "0=Regular 1=Reserved 2=Admin 3=DcAdmin 4=System 5=Application 6=ServicePrincipal 7=CustomPolicy \
         8=SystemPolicy 9=PartnerTechnician 10=Guest",
    )
});

static LOGON_TYPES: Names =
    LazyLock::new(|| table("0=Owner 1=Admin 2=Delegated 3=Transport 4=SystemService 5=BestAccess 6=DelegatedAdmin"));

/// The members of AuditLogRecordType in the API's schema.
static RECORD_TYPES: Names = LazyLock::new(|| {
    table(
        "1=ExchangeAdmin 2=ExchangeItem 3=ExchangeItemGroup 4=SharePoint 6=SharePointFileOperation 7=OneDrive \
         8=AzureActiveDirectory 9=AzureActiveDirectoryAccountLogon 10=DataCenterSecurityCmdlet \
         11=ComplianceDLPSharePoint 13=ComplianceDLPExchange 14=SharePointSharingOperation \
         15=AzureActiveDirectoryStsLogon 16=SkypeForBusinessPSTNUsage 17=SkypeForBusinessUsersBlocked \
         18=SecurityComplianceCenterEOPCmdlet 19=ExchangeAggregatedOperation 20=PowerBIAudit 21=CRM 22=Yammer \
         23=SkypeForBusinessCmdlets 24=Discovery 25=MicrosoftTeams 28=ThreatIntelligence 29=MailSubmission \
         30=MicrosoftFlow 31=AeD 32=MicrosoftStream 33=ComplianceDLPSharePointClassification 34=ThreatFinder \
         35=Project 36=SharePointListOperation 37=SharePointCommentOperation 38=DataGovernance 39=Kaizala \
         40=SecurityComplianceAlerts 41=ThreatIntelligenceUrl 42=SecurityComplianceInsights 43=MIPLabel \
         44=WorkplaceAnalytics 45=PowerAppsApp 46=PowerAppsPlan 47=ThreatIntelligenceAtpContent \
         48=LabelContentExplorer 49=TeamsHealthcare 50=ExchangeItemAggregated 51=HygieneEvent \
         52=DataInsightsRestApiAudit 53=InformationBarrierPolicyApplication 54=SharePointListItemOperation \
         55=SharePointContentTypeOperation 56=SharePointFieldOperation 57=MicrosoftTeamsAdmin 58=HRSignal \
         59=MicrosoftTeamsDevice 60=MicrosoftTeamsAnalytics 61=InformationWorkerProtection 62=Campaign \
         63=DLPEndpoint 64=AirInvestigation 65=Quarantine 66=MicrosoftForms 67=ApplicationAudit \
         68=ComplianceSupervisionExchange 69=CustomerKeyServiceEncryption 70=OfficeNative \
         71=MipAutoLabelSharePointItem 72=MipAutoLabelSharePointPolicyLocation 73=MicrosoftTeamsShifts \
         75=MipAutoLabelExchangeItem 76=CortanaBriefing 78=WDATPAlerts 82=SensitivityLabelPolicyMatch \
         83=SensitivityLabelAction 84=SensitivityLabeledFileAction 85=AttackSim 86=AirManualInvestigation \
         87=SecurityComplianceRBAC 88=UserTraining 89=AirAdminActionInvestigation 90=MSTIC 91=PhysicalBadgingSignal \
         93=AipDiscover 94=AipSensitivityLabelAction 95=AipProtectionAction 96=AipFileDeleted 97=AipHeartBeat \
         98=MCASAlerts 99=OnPremisesFileShareScannerDlp 100=OnPremisesSharePointScannerDlp 101=ExchangeSearch \
         102=SharePointSearch 103=PrivacyDataMinimization 105=MyAnalyticsSettings 106=SecurityComplianceUserChange \
         107=ComplianceDLPExchangeClassification 109=MipExactDataMatch 113=MS365DCustomDetection \
         147=CoreReportingSettings",
    )
});
