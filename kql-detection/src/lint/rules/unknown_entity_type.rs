//! The type of an entity is not one that Sentinel knows.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use crate::rule::RuleKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "unknown-entity-type",
    level: Level::Error,
    topic: Topic::Deployment,
    summary: "The type of an entity is not one that Sentinel knows.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/unknown-entity-type.md"),
    check,
};

/// The types of entities of Sentinel.
const TYPES: [&str; 20] = [
    "Account",
    "AzureResource",
    "CloudApplication",
    "DNS",
    "File",
    "FileHash",
    "Host",
    "IP",
    "IoTDevice",
    "Mailbox",
    "MailCluster",
    "MailMessage",
    "Malware",
    "Process",
    "RegistryKey",
    "RegistryValue",
    "SecurityGroup",
    "SentinelEntities",
    "SubmissionMail",
    "URL",
];

fn check(query: &Query<'_>, found: &mut Findings) {
    if query.rule.kind == RuleKind::Defender {
        return;
    }
    for entity in &query.rule.entities {
        let kind = &entity.kind;
        if TYPES.iter().any(|known| known.eq_ignore_ascii_case(&kind.value)) {
            continue;
        }
        let finding = found.in_file(kind.place, format!("'{}' is not a type of entities.", kind.value));
        match kql_parser::suggest(&kind.value, TYPES.into_iter()) {
            Some(similar) => finding.help(format!("did you mean '{similar}'?")),
            None => finding.help(format!("use one of {}", TYPES.join(", "))),
        };
    }
}
