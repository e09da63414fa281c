//! `cargo xtask attack FILE`: writes the linter's table of techniques.
//!
//! The file is the STIX bundle of ATT&CK for Enterprise, `enterprise-attack-VERSION.json` of mitre-attack/attack-stix-data.
//! Only ids are kept. A line has a technique and the numbers of its sub-techniques, an id and the one that replaced it, or an
//! id that is not used any more:
//!
//! ```text
//! T1053 002-003 005-007
//! T1086 > T1059.001
//! T1043 -
//! ```

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;

const TARGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../kql-detection/src/lint/attack.txt");

/// What the file says about an id.
struct Entry {
    id: String,
    is_revoked: bool,
    is_deprecated: bool,
}

/// Writes the table from the bundle.
pub fn run(file: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
    let bundle: Value = serde_json::from_str(&text).map_err(|e| format!("{file}: {e}"))?;
    let objects = bundle["objects"].as_array().ok_or_else(|| format!("{file}: no objects"))?;
    let of_type = |kind: &'static str| objects.iter().filter(move |object| object["type"] == kind);
    let version = of_type("x-mitre-collection").find_map(|object| object["x_mitre_version"].as_str());
    let version = version.ok_or_else(|| format!("{file}: no version"))?;
    let entries: HashMap<&str, Entry> =
        of_type("attack-pattern").filter_map(|object| Some((object["id"].as_str()?, entry(object)?))).collect();
    let replacements: HashMap<&str, &str> = of_type("relationship")
        .filter(|object| object["relationship_type"] == "revoked-by")
        .filter_map(|object| Some((object["source_ref"].as_str()?, object["target_ref"].as_str()?)))
        .collect();

    let mut lines: BTreeMap<String, String> = BTreeMap::new();
    let mut subs: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for (key, entry) in &entries {
        if entry.is_revoked || entry.is_deprecated {
            let new = entry.is_revoked.then(|| last(key, &entries, &replacements)).flatten();
            lines.insert(entry.id.clone(), new.map_or(" -".to_owned(), |new| format!(" > {new}")));
        } else if let Some((base, sub)) = entry.id.split_once('.') {
            let sub = sub.parse().map_err(|_| format!("{file}: the id {}", entry.id))?;
            subs.entry(base.to_owned()).or_default().insert(sub);
        } else {
            lines.insert(entry.id.clone(), String::new());
        }
    }
    for (base, numbers) in subs {
        *lines.entry(base).or_default() = ranges(&numbers);
    }
    let mut out = format!(
        "# Ids of the techniques of MITRE ATT&CK for Enterprise, written by cargo xtask attack.\n\
         # version {version}\n\
         # (c) The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE Corporation.\n"
    );
    for (id, rest) in &lines {
        let _ = writeln!(out, "{id}{rest}");
    }
    std::fs::write(TARGET, out).map_err(|e| format!("{TARGET}: {e}"))
}

fn entry(object: &Value) -> Option<Entry> {
    let references = object["external_references"].as_array()?;
    let own = references.iter().find(|reference| reference["source_name"] == "mitre-attack")?;
    Some(Entry {
        id: own["external_id"].as_str()?.to_owned(),
        is_revoked: object["revoked"] == true,
        is_deprecated: object["x_mitre_deprecated"] == true,
    })
}

/// The id at the end of the replacements, if it is in use.
fn last<'e>(from: &str, entries: &'e HashMap<&str, Entry>, replacements: &HashMap<&str, &'e str>) -> Option<&'e str> {
    let mut key = *replacements.get(from)?;
    for _ in 0..entries.len() {
        let entry = entries.get(key)?;
        if !entry.is_revoked {
            return (!entry.is_deprecated).then_some(entry.id.as_str());
        }
        key = replacements.get(key)?;
    }
    None
}

/// Numbers as ranges: `002-003 005`, each after a blank.
fn ranges(numbers: &BTreeSet<u32>) -> String {
    let mut out = String::new();
    let mut numbers = numbers.iter().copied().peekable();
    while let Some(from) = numbers.next() {
        let mut to = from;
        while let Some(next) = numbers.next_if(|next| *next == to + 1) {
            to = next;
        }
        let _ = if from == to { write!(out, " {from:03}") } else { write!(out, " {from:03}-{to:03}") };
    }
    out
}
