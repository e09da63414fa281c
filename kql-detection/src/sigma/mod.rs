//! Sigma rules: pySigma converts them to KQL, if it is installed in Python. There is no parser of Sigma here.

use crate::problem::{Place, Placed, Problem, Source};
use crate::rule::{QueryText, Rule, RuleFile, RuleKind, extension};
use kql_engine::Profile;
use serde::Deserialize;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The program that converts; it needs `pysigma-backend-kusto`.
const SCRIPT: &str = include_str!("convert.py");

/// The variable that names another Python.
const PYTHON: &str = "KQL_PYTHON";

/// Why no Sigma rule can be converted.
#[derive(Debug, thiserror::Error)]
pub enum SigmaError {
    /// There is no Python.
    #[error("Sigma rules are converted by Python, and {0} cannot be started; {PYTHON} names another one")]
    NoPython(String),
    /// pySigma is not installed.
    #[error(
        "Sigma rules are converted by pySigma, which is not installed; run 'pip install pysigma-backend-kusto', or name the \
         Python that has it with {PYTHON}"
    )]
    NotInstalled,
    /// The program failed; its last words.
    #[error("pySigma failed: {0}")]
    Failed(String),
    /// The program ended and said nothing, as one does that is not Python.
    #[error("Sigma rules are converted by Python, and {0} ended without an answer; {PYTHON} names another one")]
    NoAnswer(String),
}

/// Whether a file is a Sigma rule: YAML with the keys `logsource` and `detection`, or with `correlation`.
pub fn is_sigma(path: &Path, text: &str) -> bool {
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    let has_rule = (has("logsource:") && has("detection:")) || (has("title:") && has("correlation:"));
    matches!(extension(path).as_str(), "yaml" | "yml") && has_rule
}

/// What the program says about a file.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    missing: Option<String>,
    #[serde(default)]
    file: PathBuf,
    #[serde(default)]
    rules: Vec<Converted>,
    #[serde(default)]
    error: Option<String>,
    /// Why there are rules in the file that have no query.
    #[serde(default)]
    left: Vec<String>,
}

/// A rule and its query.
#[derive(Deserialize)]
struct Converted {
    title: String,
    id: Option<String>,
    description: Option<String>,
    level: Option<String>,
    tags: Vec<String>,
    query: String,
}

/// Converts files of Sigma rules, all in one run of Python. The tables of the queries are those of the profile. A file that
/// cannot be converted has a problem instead of rules.
///
/// # Errors
/// [`SigmaError`]
pub fn convert(files: &[PathBuf], profile: Profile) -> Result<Vec<(PathBuf, RuleFile)>, SigmaError> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let pipelines = match profile {
        Profile::Sentinel => vec!["azure_monitor", "sentinel_asim"],
        Profile::Defender => vec!["microsoft_xdr"],
        _ => vec!["microsoft_xdr", "azure_monitor"],
    };
    let (python, output) = run(&json!({"files": files, "pipelines": pipelines}).to_string())?;
    let mut found: Vec<(PathBuf, RuleFile)> = Vec::new();
    for line in output.lines() {
        let answer: Answer = serde_json::from_str(line).map_err(|error| SigmaError::Failed(error.to_string()))?;
        if answer.missing.is_some() {
            return Err(SigmaError::NotInstalled);
        }
        let mut file = RuleFile::default();
        if let Some(error) = answer.error {
            let message = format!("pySigma cannot convert the rule: {error}");
            file.problems.push(Source::new(&answer.file, "").whole(message));
        }
        file.problems.extend(answer.left.into_iter().map(|reason| Source::new(&answer.file, "").whole(reason)));
        file.rules = answer.rules.into_iter().map(|rule| of(&answer.file, rule)).collect();
        found.push((answer.file, file));
    }
    if found.len() < files.len() { Err(SigmaError::NoAnswer(python)) } else { Ok(found) }
}

/// Runs the program with this input: the Python that ran, and what it wrote.
fn run(input: &str) -> Result<(String, String), SigmaError> {
    let python = std::env::var(PYTHON).unwrap_or_else(|_| "python3".to_owned());
    let failed = |error: std::io::Error| SigmaError::Failed(error.to_string());
    let mut child = Command::new(&python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|_| SigmaError::NoPython(python.clone()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // a program that ends before it reads says why, or nothing
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(failed)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rfind(|line| !line.trim().is_empty()).map(str::to_owned);
        return Err(last.map_or(SigmaError::NoAnswer(python), SigmaError::Failed));
    }
    Ok((python, String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// A rule without places: its query is not in the file.
fn of(file: &Path, converted: Converted) -> Rule {
    let placed = |value: String| Placed { value, place: Place::default() };
    let query = QueryText { text: converted.query, lines: Vec::new(), first_line: 1 };
    let mut rule = Rule::new(file, RuleKind::Sigma, query);
    if !converted.title.is_empty() {
        rule.name = converted.title;
    }
    rule.id = converted.id.map(placed);
    rule.description = converted.description.map(placed);
    rule.severity = converted.level.map(placed);
    for tag in converted.tags {
        let Some(name) = tag.strip_prefix("attack.") else { continue };
        let is_technique = name.starts_with(['t', 'T']) && name.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
        if is_technique {
            rule.techniques.push(placed(name.to_uppercase()));
        } else if !name.starts_with(['g', 's']) || !name.chars().nth(1).is_some_and(|c| c.is_ascii_digit()) {
            rule.tactics.push(placed(tactic(name)));
        }
    }
    rule
}

/// `defense-evasion` as Sentinel writes it: `DefenseEvasion`.
fn tactic(name: &str) -> String {
    let words = name.split(['-', '_']);
    let capital = |word: &str| {
        let mut characters = word.chars();
        characters.next().map(|first| first.to_uppercase().chain(characters).collect::<String>()).unwrap_or_default()
    };
    words.map(capital).collect()
}

/// The problem that a Sigma rule has where rules are read one by one.
pub fn unconverted(path: &Path, text: &str, error: &SigmaError) -> Problem {
    Source::new(path, text).whole(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_recognised_by_their_keys() {
        let sigma = "title: x\nlogsource:\n  product: windows\ndetection:\n  condition: a\n";
        assert!(is_sigma(Path::new("a.yml"), sigma));
        assert!(!is_sigma(Path::new("a.kql"), sigma));
        assert!(is_sigma(Path::new("a.yml"), "title: x\ncorrelation:\n  type: event_count\n"));
        assert!(!is_sigma(Path::new("a.yaml"), "query: T\ndescription: |\n  logsource: detection:\n"));
    }

    #[test]
    fn tactics_are_named_as_in_sentinel() {
        let converted = Converted {
            title: "t".to_owned(),
            id: None,
            description: None,
            level: Some("High".to_owned()),
            tags: ["attack.defense-evasion", "attack.t1070.008", "attack.g0010", "attack.s0002", "cve.2021-1"]
                .map(str::to_owned)
                .to_vec(),
            query: "T".to_owned(),
        };
        let rule = of(Path::new("a.yml"), converted);
        let values = |all: &[Placed<String>]| all.iter().map(|one| one.value.clone()).collect::<Vec<_>>();
        assert_eq!(values(&rule.tactics), ["DefenseEvasion"]);
        assert_eq!(values(&rule.techniques), ["T1070.008"]);
    }
}
