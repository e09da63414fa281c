//! The rules of files and folders.

use crate::problem::{Problem, Source};
use crate::rule::{self, Rule, RuleFile};
use crate::sigma;
use kql_engine::Profile;
use std::path::{Path, PathBuf};

/// Rules, and what is wrong with the files they come from.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    /// The rules, in the order of their files.
    pub rules: Vec<Rule>,
    /// Files, and fields of rules, that cannot be read.
    pub problems: Vec<Problem>,
}

/// The rules of files, and of the files in folders. A file that is named and has no rule is a problem; in a folder it is
/// skipped. A file that two paths lead to is read once. Rules of Sigma are converted, for the tables of `profile`; they come
/// last.
///
/// # Errors
/// A path does not exist, or a folder cannot be read.
pub fn read_rules(paths: &[PathBuf], profile: Profile) -> Result<RuleSet, Problem> {
    let mut set = RuleSet::default();
    let mut sigma = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for path in paths {
        let is_named = !path.is_dir();
        for file in rule::files(path)? {
            if seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())) {
                add(&mut set, &mut sigma, &file, is_named);
            }
        }
    }
    match sigma::convert(&sigma, profile) {
        Ok(converted) => {
            for (_, mut file) in converted {
                set.rules.append(&mut file.rules);
                set.problems.append(&mut file.problems);
            }
        }
        // said once, however many rules there are
        Err(error) => {
            let others = match sigma.len() {
                0 | 1 => String::new(),
                count => format!(" ({} more rules of Sigma were not read)", count - 1),
            };
            set.problems.extend(sigma.first().map(|file| Source::new(file, "").whole(format!("{error}{others}"))));
        }
    }
    Ok(set)
}

fn add(set: &mut RuleSet, sigma: &mut Vec<PathBuf>, file: &Path, is_named: bool) {
    let whole = |message: String| Source::new(file, "").whole(message);
    let text = match std::fs::read(file) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| whole("the file is not valid UTF-8".to_owned())),
        Err(error) => Err(whole(format!("cannot be read: {error}"))),
    };
    let text = match text {
        Ok(text) => text,
        Err(problem) => return set.problems.push(problem),
    };
    if sigma::is_sigma(file, &text) {
        return sigma.push(file.to_owned());
    }
    let mut read = rule::read(file, &text);
    if read.rules.is_empty() && read.problems.is_empty() && is_named {
        read.problems.push(RuleFile::nothing(file, &text));
    }
    set.rules.append(&mut read.rules);
    set.problems.append(&mut read.problems);
}
