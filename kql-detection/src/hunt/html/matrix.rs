//! The tactics and techniques of ATT&CK that rules which hit name.

use super::super::text::rank;
use super::escape::escaped;
use super::shown::{Shown, class};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The tactics of ATT&CK for enterprises and for industrial systems, in the order of the matrix: the words that rules use, and
/// the name.
const TACTICS: [(&str, &str); 17] = [
    ("reconnaissance", "Reconnaissance"),
    ("resourcedevelopment", "Resource development"),
    ("initialaccess", "Initial access"),
    ("execution", "Execution"),
    ("persistence", "Persistence"),
    ("privilegeescalation", "Privilege escalation"),
    ("defenseevasion", "Defense evasion"),
    ("credentialaccess", "Credential access"),
    ("discovery", "Discovery"),
    ("lateralmovement", "Lateral movement"),
    ("collection", "Collection"),
    ("commandandcontrol", "Command and control"),
    ("exfiltration", "Exfiltration"),
    ("impact", "Impact"),
    ("preattack", "Pre-attack"),
    ("inhibitresponsefunction", "Inhibit response function"),
    ("impairprocesscontrol", "Impair process control"),
];

/// A column of the matrix: the name of a tactic, and the rules of each technique.
type Tactic<'a> = (String, BTreeMap<String, Vec<&'a Shown<'a>>>);

/// Each technique of a rule is under each tactic of the rule: rules do not say which belong together.
pub(super) fn add(out: &mut String, hits: &[Shown]) {
    let mut tactics: BTreeMap<usize, Tactic> = BTreeMap::new();
    for shown in hits {
        let rule = &shown.rule.rule;
        let mut places: Vec<(usize, String)> = rule.tactics.iter().map(|tactic| place(&tactic.value)).collect();
        if places.is_empty() {
            places.push((usize::MAX, "No tactic given".to_owned()));
        }
        places.sort();
        places.dedup_by_key(|(place, _)| *place);
        let mut techniques: Vec<String> = rule.techniques.iter().map(|t| t.value.clone()).collect();
        if techniques.is_empty() {
            techniques.push("No technique given".to_owned());
        }
        for (place, name) in places {
            let (_, of) = tactics.entry(place).or_insert_with(|| (name, BTreeMap::new()));
            for technique in &techniques {
                of.entry(technique.clone()).or_default().push(shown);
            }
        }
    }
    out.push_str("<section><h2>ATT&amp;CK</h2>\n<div class=\"matrix\" tabindex=\"0\" role=\"region\" aria-label=\"ATT&amp;CK matrix\">\n");
    for (name, techniques) in tactics.into_values() {
        let _ = write!(out, "<div><h3>{}</h3>", escaped(&name));
        for (technique, rules) in techniques {
            let worst =
                rules.iter().map(|shown| shown.severity).min_by_key(|severity| rank(severity)).unwrap_or("none");
            let _ = write!(
                out,
                "<details class=\"{}\"><summary>{} <small>{}</small></summary><ul>",
                class(worst),
                escaped(&technique),
                rules.len()
            );
            for shown in rules {
                let _ = write!(out, "<li><a href=\"#h{}\">{}</a></li>", shown.at, escaped(&shown.rule.rule.name));
            }
            out.push_str("</ul></details>");
        }
        out.push_str("</div>\n");
    }
    out.push_str("</div></section>\n");
}

/// The place of a tactic in the matrix, and its name.
fn place(written: &str) -> (usize, String) {
    let word: String = written.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    match TACTICS.iter().position(|(known, _)| *known == word) {
        Some(at) => (at, TACTICS.get(at).map_or_else(String::new, |(_, name)| (*name).to_owned())),
        None => (TACTICS.len(), "Other tactics".to_owned()),
    }
}
