//! Finds the files of queries and rules that commands are given.

use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// A file, or the files in a folder with one of these extensions; `names` lists the extensions for an error message.
pub fn find(path: &Path, extensions: &[&str], names: &str) -> Result<Vec<PathBuf>, Failure> {
    if !path.exists() {
        return Err(Failure::Usage(format!("The file {} does not exist.", path.display())));
    }
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder)
            .map_err(|e| Failure::Usage(format!("{} cannot be read: {e}", folder.display())))?;
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().and_then(|e| e.to_str()).is_some_and(|e| extensions.contains(&e)) {
                found.push(path);
            }
        }
    }
    if found.is_empty() {
        return Err(Failure::Usage(format!("{} has no {names} file.", path.display())));
    }
    found.sort();
    Ok(found)
}

/// The files of rules that a path stands for: at least one.
pub fn rules(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.exists() {
        return Err(Failure::Usage(format!("The file {} does not exist.", path.display())));
    }
    let found = kql_detection::files(path).map_err(|problem| Failure::Usage(problem.to_string()))?;
    if found.is_empty() {
        return Err(Failure::Usage(format!("{} has no .kql, .csl, .yaml, .json or .md file.", path.display())));
    }
    Ok(found)
}
