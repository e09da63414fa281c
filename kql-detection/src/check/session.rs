//! Runs test files.

use super::case::CaseRun;
use super::fixtures::Fixtures;
use super::mutate::MutationReport;
use super::verdict::{FileReport, Outcome, Verdict};
use crate::coverage::Coverage;
use crate::problem::{Place, Placed, Problem, Source};
use crate::rule::{Rule, RuleFile};
use crate::test_file::{Case, Expected, Part, TestFile, TestPath, read_page, read_tests, rule_path, tests_of_rule};
use kql_engine::{Engine, EngineBuilder, Profile, Trace};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How tests run.
#[derive(Clone, Debug, Default)]
pub struct SessionOptions {
    /// Only tests whose name, or whose file's name, has this text.
    pub filter: Option<String>,
    /// Whether snapshots are written, not compared.
    pub update: bool,
}

/// The files that a test file names, found without opening any.
///
/// # Errors
/// Everything that is wrong with the test file.
pub fn files_named(path: &Path, text: &str) -> Result<Vec<PathBuf>, Vec<Problem>> {
    let file = read_tests(path, text)?;
    Ok(file.rule.iter().map(|rule| rule.value.clone()).chain(files_of(&file)).collect())
}

/// The files of a test file, besides its rule.
fn files_of(file: &TestFile) -> Vec<PathBuf> {
    let settings = &file.settings;
    let mut named: Vec<PathBuf> = settings.functions.iter().chain(&settings.schemas).map(|p| p.value.clone()).collect();
    let given = settings.tables.iter().chain(file.cases.iter().flat_map(|case| &case.given));
    named.extend(given.flat_map(|given| &given.parts).filter_map(|part| match part {
        Part::File(path) => Some(path.value.clone()),
        Part::Row(_) => None,
    }));
    let expected = file.cases.iter().filter_map(|case| case.expect.as_ref()).flat_map(|e| &e.all);
    named.extend(expected.filter_map(|expected| match expected {
        Expected::Snapshot(path) => Some(path.value.clone()),
        _ => None,
    }));
    named
}

/// Runs tests with the tables, functions and settings of an engine.
pub struct Session {
    engine: Engine,
    options: SessionOptions,
}

/// A test file and its rule, ready to run.
pub struct Loaded {
    /// The tests.
    pub file: TestFile,
    /// The rule.
    pub rule: Rule,
    /// The file of the rule.
    pub rule_source: Source,
    engine: Engine,
}

impl Loaded {
    /// The engine of the test file, without the tables of tests.
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }
}

impl Session {
    /// Tests run in engines that derive from this one.
    pub fn new(engine: Engine, options: SessionOptions) -> Session {
        Session { engine, options }
    }

    /// Reads a test file and its rule.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn load(&self, path: &TestPath) -> Result<Loaded, Vec<Problem>> {
        let (mut file, rule_file) = match path {
            TestPath::Page(path, number) => {
                let (file, rule) = read_page(path, &text(path)?, *number)?;
                let rule_source = Source::new(&rule.file, &text(&rule.file)?);
                let engine = self.engine_of(&file, &rule.file)?;
                return Ok(Loaded { rule_source, file, rule, engine });
            }
            TestPath::File(path) => {
                let file = read_tests(path, &text(path)?)?;
                let named = file.rule.as_ref().map(|rule| rule.value.clone());
                let Some(rule) = named.or_else(|| rule_path(path)) else {
                    let problem = file.source.whole("there is no rule of this name beside the test file");
                    let help = Some("name it with the key 'rule'".to_owned());
                    return Err(vec![Problem { help, ..problem }]);
                };
                (file, rule)
            }
            TestPath::Rule(path) => match tests_of_rule(path, &text(path)?)? {
                Some(file) => (file, path.clone()),
                None => return Err(vec![Source::new(path, "").whole("the rule has no tests")]),
            },
        };
        let rule_text = match std::fs::read_to_string(&rule_file) {
            Ok(text) => text,
            Err(error) => {
                let message = match error.kind() {
                    std::io::ErrorKind::NotFound => format!("the rule {} does not exist", rule_file.display()),
                    _ => format!("the rule {} cannot be read: {error}", rule_file.display()),
                };
                let place = file.rule.as_ref().map(|rule| rule.place);
                return Err(vec![Problem { place, ..file.source.whole(message) }]);
            }
        };
        let read = if crate::sigma::is_sigma(&rule_file, &rule_text) {
            let profile = self.engine_of(&file, &rule_file)?.profile();
            let converted = crate::sigma::convert(std::slice::from_ref(&rule_file), profile);
            let converted =
                converted.map_err(|error| vec![crate::sigma::unconverted(&rule_file, &rule_text, &error)])?;
            converted.into_iter().next().map(|(_, file)| file).unwrap_or_default()
        } else {
            crate::rule::read(&rule_file, &rule_text)
        };
        if !read.problems.is_empty() {
            return Err(read.problems);
        }
        let mut rules = read.rules.into_iter();
        let Some(rule) = rules.next() else { return Err(vec![RuleFile::nothing(&rule_file, &rule_text)]) };
        if rules.next().is_some() {
            let message = format!("{} has several rules, and tests belong to one", rule_file.display());
            let help = Some("move each rule to a file of its own".to_owned());
            return Err(vec![Problem { help, ..file.source.whole(message) }]);
        }
        let engine = self.engine_of(&file, &rule_file)?;
        if file.has_open_tables() {
            file.name_open_tables(&super::tables_read(&engine, &rule.query.text))?;
        }
        Ok(Loaded { rule_source: Source::new(&rule_file, &rule_text), file, rule, engine })
    }

    /// The engine of a test file.
    fn engine_of(&self, file: &TestFile, rule: &Path) -> Result<Engine, Vec<Problem>> {
        let mut builder = self.engine.derive();
        if let Some(profile) = &file.settings.profile {
            builder = builder.profile(match profile.value.as_str() {
                "sentinel" => Profile::Sentinel,
                "defender" => Profile::Defender,
                _ => Profile::Unified,
            });
        }
        for path in &file.settings.schemas {
            let read = crate::schemas_file::load_schemas(&path.value);
            for (name, schema) in read.map_err(|e| vec![file.source.problem(path.place, e.to_string(), None)])? {
                builder = builder.schema(&name, schema);
            }
        }
        for path in &file.settings.functions {
            builder = functions(builder, &file.source, path)?;
        }
        let folder = |path: &Path| match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => Path::new(".").to_owned(),
        };
        builder = builder.allow_files(folder(rule)).allow_files(folder(&file.source.file));
        builder.build().map_err(|error| vec![file.source.whole(error.to_string())])
    }

    /// The files that the tests of a file read, and the snapshots. Of a file at fault, only that file.
    pub fn reads(&self, path: &TestPath) -> Vec<PathBuf> {
        let mut read = vec![path.path().to_owned()];
        let Ok(loaded) = self.load(path) else { return read };
        read.push(loaded.rule.file.clone());
        read.extend(files_of(&loaded.file));
        read
    }

    /// What the tests of a file reach; `report` is that of their run. Files that cannot be used have no coverage.
    pub fn coverage(&self, path: &TestPath, report: &FileReport) -> Option<Coverage> {
        let loaded = self.load(path).ok()?;
        let fixtures = Fixtures::default();
        let prepare = |case| CaseRun::prepare(&loaded.file, &loaded.rule, case, &loaded.engine, &fixtures).ok();
        let wanted = loaded.file.cases.iter().filter(|case| self.wants(&loaded, case));
        let traces: Vec<Trace> = wanted.filter_map(prepare).flat_map(|run| run.traces()).collect();
        Some(Coverage::of(&loaded.rule, &traces, (report.verdicts.len(), report.passed())))
    }

    /// Runs the tests of a file over the mutants of its rule, on `jobs` threads. `None` if the files cannot be used.
    pub fn mutate(&self, path: &TestPath, jobs: usize) -> Option<MutationReport> {
        let loaded = self.load(path).ok()?;
        let fixtures = Fixtures::default();
        let reached = |case| {
            let run = CaseRun::prepare(&loaded.file, &loaded.rule, case, &loaded.engine, &fixtures).ok();
            Coverage::of(&loaded.rule, &run.map(|run| run.traces()).unwrap_or_default(), (1, 1))
        };
        let reached: Vec<Coverage> = loaded.file.cases.iter().map(reached).collect();
        Some(super::mutate::mutate(&loaded, &reached, jobs))
    }

    /// Runs the tests of a file.
    pub fn run(&self, path: &TestPath) -> FileReport {
        let mut report = FileReport {
            file: path.path().to_owned(),
            rule: String::new(),
            verdicts: Vec::new(),
            problems: Vec::new(),
            updated: Vec::new(),
        };
        match self.load(path) {
            Ok(loaded) => {
                report.rule = loaded.rule.name.clone();
                self.run_loaded(&loaded, &mut report);
            }
            Err(problems) => report.problems = problems,
        }
        report
    }

    fn run_loaded(&self, loaded: &Loaded, report: &mut FileReport) {
        let fixtures = Fixtures::default();
        for case in loaded.file.cases.iter().filter(|case| self.wants(loaded, case)) {
            let begin = Instant::now();
            let run = CaseRun::prepare(&loaded.file, &loaded.rule, case, &loaded.engine, &fixtures);
            let verdict = |name: &str, place: Place, outcome, took| Verdict {
                name: name.to_owned(),
                place,
                line: loaded.file.source.line(place.start),
                outcome,
                took,
            };
            match run {
                Err(problems) => {
                    let outcome = Outcome::Refused(problems);
                    report.verdicts.push(verdict(&case.name.value, case.name.place, outcome, begin.elapsed()));
                }
                Ok(run) if case.each.is_some() => {
                    for (name, place, outcome, took) in run.each() {
                        report.verdicts.push(verdict(&name, place, outcome, took));
                    }
                }
                Ok(run) => {
                    let outcome = run.check(self.options.update, &mut report.updated);
                    report.verdicts.push(verdict(&case.name.value, case.name.place, outcome, begin.elapsed()));
                }
            }
        }
        if let Some(problems) = same_problems(&report.verdicts, &loaded.rule.file) {
            report.problems = problems;
            report.verdicts.clear();
        }
    }

    fn wants(&self, loaded: &Loaded, case: &Case) -> bool {
        self.options.filter.as_ref().is_none_or(|text| {
            let text = text.to_lowercase();
            let has = |name: &str| name.to_lowercase().contains(&text);
            has(&case.name.value) || has(&loaded.rule.name) || has(&loaded.file.source.file.to_string_lossy())
        })
    }
}

/// The outcome of the first test of a file that does not pass; that it passed, if all do.
pub(crate) fn first_fault(file: &TestFile, rule: &Rule, engine: &Engine) -> Outcome {
    let fixtures = Fixtures::default();
    let mut outcomes = file.cases.iter().map(|case| match CaseRun::prepare(file, rule, case, engine, &fixtures) {
        Ok(run) => run.first_fault(),
        Err(problems) => Outcome::Refused(problems),
    });
    outcomes.find(|outcome| !matches!(outcome, Outcome::Passed)).unwrap_or(Outcome::Passed)
}

/// The problems of a rule that cannot run in any test, which are said once; `None` if a test runs, or if its problems are
/// others, since the tables of a test can be the reason.
fn same_problems(verdicts: &[Verdict], rule: &Path) -> Option<Vec<Problem>> {
    let of_rule = |verdict: &Verdict| match &verdict.outcome {
        Outcome::Refused(problems) if problems.iter().all(|problem| problem.file == rule) => Some(problems.clone()),
        _ => None,
    };
    let first = verdicts.first().and_then(of_rule)?;
    let texts = |problems: &[Problem]| problems.iter().map(Problem::to_string).collect::<Vec<_>>();
    let same = |verdict: &Verdict| of_rule(verdict).is_some_and(|problems| texts(&problems) == texts(&first));
    verdicts.iter().all(same).then_some(first)
}

fn functions(
    mut builder: EngineBuilder,
    source: &Source,
    path: &Placed<std::path::PathBuf>,
) -> Result<EngineBuilder, Vec<Problem>> {
    let read = crate::functions_file::load_functions(&path.value);
    for (name, function) in read.map_err(|error| vec![source.problem(path.place, error.to_string(), None)])? {
        builder = builder.function(&name, &function.parameters, &function.body);
    }
    Ok(builder)
}

fn text(path: &Path) -> Result<String, Vec<Problem>> {
    std::fs::read_to_string(path)
        .map_err(|error| vec![Source::new(path, "").whole(format!("the file cannot be read: {error}"))])
}
