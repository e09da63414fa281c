//! Detection rules, whatever file they come from.

use crate::problem::{Placed, Problem, Source};
use std::path::{Path, PathBuf};

/// A detection rule. Every field that the file states has its place there.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The file.
    pub file: PathBuf,
    /// What kind of rule the file says it is.
    pub kind: RuleKind,
    /// Its identifier.
    pub id: Option<Placed<String>>,
    /// Its name; that of the file if the file states none.
    pub name: String,
    /// Its description.
    pub description: Option<Placed<String>>,
    /// `Informational`, `Low`, `Medium`, `High`, as written.
    pub severity: Option<Placed<String>>,
    /// Tactics, as written.
    pub tactics: Vec<Placed<String>>,
    /// Techniques such as `T1070.008`.
    pub techniques: Vec<Placed<String>>,
    /// The query.
    pub query: QueryText,
    /// How far back the query looks, in ticks of 100 ns. For a custom detection of Defender it follows from the frequency
    /// and has its place.
    pub period: Option<Placed<i64>>,
    /// How often it runs, in ticks of 100 ns; 0 for a custom detection of Defender that runs continuously.
    pub frequency: Option<Placed<i64>>,
    /// When a result becomes an alert.
    pub trigger: Option<Trigger>,
    /// Whether all rows make one alert, or each row its own.
    pub grouping: EventGrouping,
    /// Columns as entities.
    pub entities: Vec<Entity>,
    /// Keys and the columns that fill them.
    pub custom_details: Vec<(Placed<String>, Placed<String>)>,
    /// Keys of an alert (`alertDisplayNameFormat`, `alertSeverityColumnName`) and their values.
    pub alert_overrides: Vec<(Placed<String>, Placed<String>)>,
    /// How long a rule is silent after an alert, in ticks of 100 ns; `None` without suppression.
    pub suppression: Option<Placed<i64>>,
    /// Why it is not known when it runs or makes an alert, or why the service would not run it so.
    pub schedule_problem: Option<Problem>,
}

/// What kind of rule a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleKind {
    /// A scheduled analytic rule of Sentinel.
    Scheduled,
    /// A near-real-time rule of Sentinel.
    Nrt,
    /// A hunting query: it has no schedule.
    Hunting,
    /// A custom detection of Defender.
    Defender,
    /// A rule of Sigma, whose query pySigma made.
    Sigma,
    /// A query without anything that says more.
    Query,
}

/// The text of a rule's query, and where its lines are in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryText {
    /// The query.
    pub text: String,
    /// For each line of the query, the byte of the file where it starts; empty if the file holds it in another form, as
    /// JSON and folded YAML do.
    pub lines: Vec<usize>,
    /// The line of the file, from 1, where the query starts.
    pub first_line: usize,
}

/// When a result becomes an alert: the number of its rows compared with a threshold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// The comparison.
    pub operator: Placed<Operator>,
    /// The number of rows.
    pub threshold: Placed<u64>,
}

/// How a trigger compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `gt`, `GreaterThan`
    Greater,
    /// `lt`, `LessThan`
    Less,
    /// `eq`, `Equal`
    Equal,
    /// `ne`, `NotEqual`
    NotEqual,
}

/// Whether the rows of a run make one alert together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EventGrouping {
    /// `SingleAlert`
    #[default]
    SingleAlert,
    /// `AlertPerResult`
    AlertPerResult,
}

/// An entity that a rule maps columns to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// `Account`, `Host`, `IP` ...
    pub kind: Placed<String>,
    /// Its fields.
    pub fields: Vec<EntityField>,
}

/// A field of an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityField {
    /// `FullName`, `Address` ...
    pub identifier: Placed<String>,
    /// The column of the result.
    pub column: Placed<String>,
}

/// What a rule file holds.
#[derive(Clone, Debug, Default)]
pub struct RuleFile {
    /// Its rules. A rule is there, too, if some of its fields cannot be read.
    pub rules: Vec<Rule>,
    /// What is wrong with the file, in the order of its lines. A file without rules and without problems is not a rule
    /// file, as a workbook in JSON is not: [`RuleFile::nothing`] says so.
    pub problems: Vec<Problem>,
    /// Comments that look like metadata, but have values that cannot be used.
    pub warnings: Vec<Problem>,
}

impl RuleFile {
    /// The problem of a file that should have a rule and has none.
    pub fn nothing(path: &Path, text: &str) -> Problem {
        let help = match extension(path).as_str() {
            "md" => "add a block that starts with ```kql",
            "json" => "use an export of rules, or an object with the key 'query'",
            "yaml" | "yml" => "add the key 'query'",
            _ => "write a query",
        };
        Problem { help: Some(help.to_owned()), ..Source::new(path, text).whole("the file does not have a rule") }
    }
}

/// The extension of a file, in lower case.
pub fn extension(path: &Path) -> String {
    path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// The name of a rule that states none: that of its file, or of its folder if the file's says nothing.
fn name_of(file: &Path) -> String {
    let text = |name: Option<&std::ffi::OsStr>| name.map(|name| name.to_string_lossy().into_owned());
    let stem = text(file.file_stem()).unwrap_or_default();
    let folder = file.parent().and_then(|folder| text(folder.file_name()));
    match folder {
        Some(folder) if matches!(stem.as_str(), "query" | "rule") => folder,
        _ => stem,
    }
}

impl Rule {
    /// A rule of which only the query is known, named as its file.
    pub fn new(file: &Path, kind: RuleKind, query: QueryText) -> Rule {
        Rule {
            file: file.to_owned(),
            kind,
            id: None,
            name: name_of(file),
            description: None,
            severity: None,
            tactics: Vec::new(),
            techniques: Vec::new(),
            query,
            period: None,
            frequency: None,
            trigger: None,
            grouping: EventGrouping::default(),
            entities: Vec::new(),
            custom_details: Vec::new(),
            alert_overrides: Vec::new(),
            suppression: None,
            schedule_problem: None,
        }
    }

    /// Whether that many rows of a run make an alert. Without a trigger, any row does.
    pub fn fires(&self, rows: u64) -> bool {
        self.trigger.as_ref().map_or(rows > 0, |trigger| trigger.fires(rows))
    }
}

impl QueryText {
    /// The byte of the file where a byte of the query is; `None` if the file holds the query in another form.
    pub fn place(&self, offset: usize) -> Option<usize> {
        self.places().place(offset)
    }

    /// The same for many places: the query is read once.
    pub fn places(&self) -> QueryPlaces<'_> {
        let starts = std::iter::once(0).chain(self.text.match_indices('\n').map(|(byte, _)| byte + 1)).collect();
        QueryPlaces { query: self, starts }
    }
}

/// Where the bytes of a query are in the file.
#[derive(Clone, Debug)]
pub struct QueryPlaces<'a> {
    query: &'a QueryText,
    /// The byte of the query where each of its lines starts.
    starts: Vec<usize>,
}

impl QueryPlaces<'_> {
    /// The byte of the file where a byte of the query is; `None` if the file holds the query in another form.
    pub fn place(&self, offset: usize) -> Option<usize> {
        if offset > self.query.text.len() {
            return None;
        }
        let number = self.starts.partition_point(|start| *start <= offset).checked_sub(1)?;
        let start = *self.starts.get(number)?;
        match self.query.lines.get(number) {
            Some(line) => Some(line + offset - start),
            // the end of the query, behind its last newline
            None if start == offset => self.place(offset.checked_sub(1)?),
            None => None,
        }
    }
}

impl Trigger {
    /// Whether that many rows make an alert.
    pub fn fires(&self, rows: u64) -> bool {
        let threshold = self.threshold.value;
        match self.operator.value {
            Operator::Greater => rows > threshold,
            Operator::Less => rows < threshold,
            Operator::Equal => rows == threshold,
            Operator::NotEqual => rows != threshold,
        }
    }
}
