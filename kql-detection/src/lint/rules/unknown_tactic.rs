//! A tactic is not one of MITRE ATT&CK.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::Query;
use crate::rule::RuleKind;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "unknown-tactic",
    level: Level::Warning,
    topic: Topic::Deployment,
    summary: "A tactic is not one of MITRE ATT&CK.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/unknown-tactic.md"),
    check,
};

/// The tactics of the enterprise and industrial matrices, as Sentinel writes them.
const TACTICS: [&str; 17] = [
    "Reconnaissance",
    "ResourceDevelopment",
    "InitialAccess",
    "Execution",
    "Persistence",
    "PrivilegeEscalation",
    "DefenseEvasion",
    "CredentialAccess",
    "Discovery",
    "LateralMovement",
    "Collection",
    "CommandAndControl",
    "Exfiltration",
    "Impact",
    "PreAttack",
    "ImpairProcessControl",
    "InhibitResponseFunction",
];

fn check(query: &Query<'_>, found: &mut Findings) {
    for tactic in &query.rule.tactics {
        // comments and custom detections write tactics with blanks, too
        let bare: String = tactic.value.chars().filter(|c| c.is_alphanumeric()).collect();
        let accepted = if query.rule.kind == RuleKind::Scheduled || query.rule.kind == RuleKind::Nrt {
            TACTICS.contains(&tactic.value.as_str())
        } else {
            TACTICS.iter().any(|known| known.eq_ignore_ascii_case(&bare))
        };
        if accepted {
            continue;
        }
        let same = TACTICS.iter().find(|known| known.eq_ignore_ascii_case(&bare)).copied();
        let similar = same.or_else(|| kql_parser::suggest(&bare, TACTICS.into_iter()));
        // a comment can use the word in its own way
        if similar.is_none() && query.rule.kind == RuleKind::Query {
            continue;
        }
        let finding = found.in_file(tactic.place, format!("'{}' is not a tactic of ATT&CK.", tactic.value));
        if let Some(similar) = similar {
            finding.help(format!("did you mean '{similar}'?"));
        }
    }
}
