//! A baseline: findings that are known and accepted for now. A run reports what is not in it.
//!
//! The file is JSON. A finding is known by its rule, the detection it is about, its sentence, and the text that it marks, so
//! that it stays known when its line moves.

use super::linter::{Finding, LintReport};
use super::rules::{rule_named, unknown_rule};
use crate::problem::{Problem, Source};
use crate::yaml;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The version of the format.
const VERSION: u32 = 1;

/// Findings that are known.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// For each file, the rule and the fingerprint of each finding.
    files: BTreeMap<String, BTreeSet<(String, String)>>,
}

impl Baseline {
    /// The findings of these reports; paths are written relative to the folder of the baseline.
    pub fn of(reports: &[LintReport], folder: &Path) -> Baseline {
        let mut files: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
        for report in reports.iter().filter(|report| !report.findings.is_empty()) {
            let known = files.entry(key(&report.file, folder)).or_default();
            known.extend(report.findings.iter().map(|f| (f.rule.name.to_owned(), f.fingerprint.clone())));
        }
        Baseline { files }
    }

    /// Reads a baseline.
    ///
    /// # Errors
    /// The file is not a baseline, or names a rule that does not exist: with the place.
    pub fn read(path: &Path) -> Result<Baseline, Problem> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Source::new(path, "").whole(format!("cannot be read: {error}")))?;
        let source = Source::new(path, &text);
        let documents = yaml::read(&source)?;
        let not_one = || {
            let mut problem = source.whole("the file is not a baseline of kql lint");
            problem.help = Some("write one with --update-baseline".to_owned());
            problem
        };
        let document = documents.first().ok_or_else(not_one)?;
        let entries = document.get("files").and_then(yaml::Node::map).ok_or_else(not_one)?;
        let mut baseline = Baseline::default();
        for (file, findings) in entries {
            let known = baseline.files.entry(file.text().unwrap_or_default().to_owned()).or_default();
            for finding in findings.list().ok_or_else(not_one)? {
                let rule = finding.get("rule").ok_or_else(not_one)?;
                let name = rule.text().unwrap_or_default();
                if rule_named(name).is_none() {
                    let (message, help) = unknown_rule(name);
                    return Err(source.problem(rule.place, message.trim_end_matches('.').to_owned(), help));
                }
                let fingerprint = finding.get("fingerprint").and_then(yaml::Node::text).ok_or_else(not_one)?;
                known.insert((name.to_owned(), fingerprint.to_owned()));
            }
        }
        Ok(baseline)
    }

    /// Whether a finding of a file is known.
    pub fn knows(&self, file: &Path, folder: &Path, finding: &Finding) -> bool {
        let known = self.files.get(&key(file, folder));
        known.is_some_and(|known| known.contains(&(finding.rule.name.to_owned(), finding.fingerprint.clone())))
    }

    /// The number of findings.
    pub fn len(&self) -> usize {
        self.files.values().map(BTreeSet::len).sum()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let files: serde_json::Map<String, serde_json::Value> = self
            .files
            .iter()
            .map(|(file, known)| {
                let list = known.iter().map(|(rule, fingerprint)| json!({"rule": rule, "fingerprint": fingerprint}));
                (file.clone(), list.collect())
            })
            .collect();
        format!("{:#}\n", json!({"version": VERSION, "files": files}))
    }
}

/// A path as the baseline writes it: relative to its folder, with slashes.
fn key(file: &Path, folder: &Path) -> String {
    let absolute =
        |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned());
    let (file, folder) =
        (absolute(file), absolute(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }));
    let relative = file.strip_prefix(&folder).unwrap_or(&file);
    relative.to_string_lossy().replace('\\', "/")
}
