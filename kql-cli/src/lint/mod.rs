//! `kql lint`

mod arguments;
mod human;

pub use arguments::Lint;

use crate::failure::Failure;
use crate::parallel::in_parallel;
use crate::words::plural;
use arguments::{FailLevel, LintFormatName};
use kql_detection::Problem;
use kql_detection::lint::{
    Baseline, Level, LintConfig, LintFormat, LintReport, LintRule, Linter, RULES, fixed, lint_report, rule_named,
    unknown_rule,
};
use kql_parser::Severity;
use std::collections::{HashMap, HashSet};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

/// How often the findings of a file are mended: the edits of one run can make room for those of the next.
const ROUNDS: usize = 10;

/// Lints files and prints the findings.
pub fn lint(arguments: &Lint) -> Result<(), Failure> {
    if let Some(name) = &arguments.explain {
        return explain(name);
    }
    if arguments.list {
        return list();
    }
    let files = inputs(arguments)?;
    let configs = Configs::read(arguments, &files)?;
    let folder = arguments.baseline.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    let baseline = match &arguments.baseline {
        Some(path) if !arguments.update_baseline => Baseline::read(path).map_err(|problem| at_fault(&[problem]))?,
        _ => Baseline::default(),
    };
    let linter = Linter::new(crate::run::build(arguments.environment.engine()?)?);
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let work = |input: &Input| {
        let config = configs.of(input);
        let report = linter.lint(&input.shown, &input.text, config);
        if arguments.fix { mend(&linter, input, report, config) } else { Ok((report, 0)) }
    };
    let done: Result<Vec<(LintReport, usize)>, Failure> = in_parallel(&files, jobs, work).into_iter().collect();
    let (mut reports, mended): (Vec<LintReport>, Vec<usize>) = done?.into_iter().unzip();
    if let Some(path) = arguments.baseline.as_ref().filter(|_| arguments.update_baseline) {
        let baseline = Baseline::of(&reports, folder);
        std::fs::write(path, baseline.text())
            .map_err(|error| Failure::Usage(format!("{} cannot be written: {error}", path.display())))?;
        crate::message::message!("{} has {}", path.display(), plural(baseline.len() as u64, "finding"));
        return Ok(());
    }
    for report in &mut reports {
        let file = report.file.clone();
        report.findings.retain(|finding| !baseline.knows(&file, folder, finding));
    }
    let mended: usize = mended.into_iter().sum();
    if mended > 0 {
        crate::message::message!("mended {}", plural(mended as u64, "finding"));
    }
    // the mended text of standard input is the output, and what is left goes to standard error
    let piped = files.iter().zip(&reports).find(|(input, _)| arguments.fix && !input.is_file);
    if let Some((_, report)) = piped {
        std::io::stdout().write_all(report.text.as_bytes())?;
    }
    write(arguments, &reports, piped.is_some())?;
    let sigma = files.iter().filter(|input| kql_detection::is_sigma(&input.shown, &input.text)).count();
    if sigma > 0 {
        let rules = plural(sigma as u64, "file");
        crate::message::message!("notice: {rules} of Sigma rules not linted: their queries are made when they run.");
    }
    let fails = |report: &LintReport| {
        report.findings.iter().any(|finding| finding.level >= configs.fail_level(arguments, &report.file))
    };
    if reports.iter().any(fails) { Err(Failure::Reported) } else { Ok(()) }
}

/// A file that is linted.
struct Input {
    /// Its name in messages.
    shown: PathBuf,
    text: String,
    /// Whether it can be written.
    is_file: bool,
}

fn inputs(arguments: &Lint) -> Result<Vec<Input>, Failure> {
    let mut inputs: Vec<Input> = Vec::new();
    let mut seen: HashSet<PathBuf> = HashSet::new();
    for path in &arguments.paths {
        if path == "-" {
            inputs.push(Input { shown: "-".into(), text: crate::run::read(path)?, is_file: false });
            continue;
        }
        for file in crate::query_files::rules(Path::new(path))? {
            // a folder and a file in it can both be named
            if !seen.insert(file.clone()) {
                continue;
            }
            let text = crate::run::read(&file.to_string_lossy())?;
            inputs.push(Input { shown: file, text, is_file: true });
        }
    }
    Ok(inputs)
}

/// Mends a file as often as something can be mended, and returns what is left and how much was mended.
fn mend(
    linter: &Linter,
    input: &Input,
    report: LintReport,
    config: &LintConfig,
) -> Result<(LintReport, usize), Failure> {
    let (mut report, mut mended) = (report, 0);
    for _ in 0..ROUNDS {
        let (text, count) = fixed(&report.text, &report.findings);
        if count == 0 {
            break;
        }
        let next = linter.lint(&input.shown, &text, config);
        // an edit that makes an error is not kept
        if errors(&next) > errors(&report) {
            break;
        }
        mended += count;
        report = next;
    }
    if mended > 0 && input.is_file {
        std::fs::write(&input.shown, report.text.as_bytes())
            .map_err(|error| Failure::Usage(format!("{} cannot be written: {error}", input.shown.display())))?;
    }
    Ok((report, mended))
}

fn errors(report: &LintReport) -> usize {
    report.findings.iter().filter(|finding| finding.level == Level::Error).count()
}

fn write(arguments: &Lint, reports: &[LintReport], to_error: bool) -> Result<(), Failure> {
    let colours =
        arguments.output.is_none() && std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let text = match arguments.format {
        LintFormatName::Human => human::report(reports, colours),
        LintFormatName::Json => lint_report(reports, LintFormat::Json),
        LintFormatName::Sarif => lint_report(reports, LintFormat::Sarif),
        LintFormatName::Github => lint_report(reports, LintFormat::Github),
    };
    match &arguments.output {
        Some(path) => std::fs::write(path, text)
            .map_err(|error| Failure::Usage(format!("{} cannot be written: {error}", path.display()))),
        None if to_error => Ok(std::io::stderr().write_all(text.as_bytes())?),
        None => Ok(std::io::stdout().write_all(text.as_bytes())?),
    }
}

/// The configurations of the files, each read once.
struct Configs {
    by_file: HashMap<PathBuf, LintConfig>,
    /// The configuration file of each folder.
    of_folder: HashMap<PathBuf, Option<PathBuf>>,
    none: LintConfig,
}

impl Configs {
    fn read(arguments: &Lint, inputs: &[Input]) -> Result<Configs, Failure> {
        let overrides = overrides(arguments)?;
        let with = |mut config: LintConfig| {
            overrides.iter().for_each(|(rule, level)| config.set(rule, *level));
            config
        };
        let mut configs =
            Configs { by_file: HashMap::new(), of_folder: HashMap::new(), none: with(LintConfig::default()) };
        let mut problems: Vec<Problem> = Vec::new();
        for input in inputs {
            let folder = folder(&input.shown);
            if configs.of_folder.contains_key(&folder) {
                continue;
            }
            let file = arguments.config.clone().or_else(|| LintConfig::find(&folder));
            if let Some(file) = file.as_ref().filter(|file| !configs.by_file.contains_key(*file)) {
                match LintConfig::read(file) {
                    Ok(config) => {
                        configs.by_file.insert(file.clone(), with(config));
                    }
                    Err(found) => problems.extend(found),
                }
            }
            let failed = !problems.is_empty();
            configs.of_folder.insert(folder, file);
            if failed {
                return Err(at_fault(&problems));
            }
        }
        Ok(configs)
    }

    fn of(&self, input: &Input) -> &LintConfig {
        self.of_path(&input.shown)
    }

    fn of_path(&self, path: &Path) -> &LintConfig {
        let file = self.of_folder.get(&folder(path)).and_then(Option::as_ref);
        file.and_then(|file| self.by_file.get(file)).unwrap_or(&self.none)
    }

    /// The least serious level that fails: by the command line, the configuration, or the default.
    fn fail_level(&self, arguments: &Lint, path: &Path) -> Level {
        match arguments.fail_level {
            Some(FailLevel::Note) => Level::Note,
            Some(FailLevel::Warning) => Level::Warning,
            Some(FailLevel::Error) => Level::Error,
            None => self.of_path(path).fail_level.unwrap_or(Level::Warning),
        }
    }
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The levels that the command line sets.
fn overrides(arguments: &Lint) -> Result<Vec<(&'static LintRule, Level)>, Failure> {
    let mut levels = Vec::new();
    for text in &arguments.rules {
        let Some((name, level)) = text.split_once('=') else {
            return Err(Failure::Usage(format!("--rule expects NAME=LEVEL, not '{text}'.")));
        };
        let level: Level = level.parse().map_err(|error| Failure::Usage(format!("--rule: {error}")))?;
        if name == "all" {
            levels.extend(RULES.iter().map(|rule| (*rule, level)));
            continue;
        }
        levels.push((rule(name, "--rule: ")?, level));
    }
    Ok(levels)
}

fn rule(name: &str, before: &str) -> Result<&'static LintRule, Failure> {
    rule_named(name).ok_or_else(|| {
        let (message, help) = unknown_rule(name);
        let help = help.map_or_else(String::new, |help| format!(" ({help})"));
        Failure::Usage(format!("{before}{message}{help}"))
    })
}

/// Reports what is wrong with a file that the command is told to use.
fn at_fault(problems: &[Problem]) -> Failure {
    for problem in problems {
        crate::message::print(&crate::diagnostics::problem(problem, Severity::Error));
    }
    Failure::Files
}

fn explain(name: &str) -> Result<(), Failure> {
    let rule = rule(name, "")?;
    Ok(std::io::stdout().write_all(rule.page.as_bytes())?)
}

fn list() -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let width = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    for rule in RULES {
        let fix = if rule.is_fixable { "fix" } else { "" };
        writeln!(
            out,
            "{:width$}  {:7}  {:11}  {fix:3}  {}",
            rule.name,
            rule.level.name(),
            rule.topic.name(),
            rule.summary
        )?;
    }
    Ok(())
}
