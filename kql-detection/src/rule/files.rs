//! Finds the rule files of a folder.

use crate::problem::{Problem, Source};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The extensions of rule files.
const EXTENSIONS: [&str; 6] = ["kql", "csl", "yaml", "yml", "json", "md"];

/// A larger JSON file is data, not rules.
const LARGE: u64 = 16 << 20;

/// The files that may have rules, sorted: the file itself, or those in a folder and its folders. Test files
/// (`.test.yaml`), hidden folders, text files (`.txt`) and JSON files over 16 MiB in a folder are skipped.
///
/// # Errors
/// The path does not exist, or a folder cannot be read.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, Problem> {
    let fault = |path: &Path, message: String| Source::new(path, "").whole(message);
    let about = std::fs::metadata(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => fault(path, "does not exist".to_owned()),
        _ => fault(path, format!("cannot be read: {e}")),
    })?;
    if !about.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    // links can lead back to a folder that contains them
    let mut seen = HashSet::new();
    while let Some(folder) = folders.pop() {
        if !seen.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone())) {
            continue;
        }
        let entries = std::fs::read_dir(&folder).map_err(|e| fault(&folder, format!("cannot be read: {e}")))?;
        for entry in entries {
            let path = entry.map_err(|e| fault(&folder, format!("cannot be read: {e}")))?.path();
            let Ok(about) = std::fs::metadata(&path) else { continue };
            let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
            if about.is_dir() && !name.starts_with('.') {
                folders.push(path);
            } else if about.is_file() && is_rule(&name, about.len()) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_rule(name: &str, length: u64) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    EXTENSIONS.contains(&extension)
        && !(extension == "json" && length > LARGE)
        && ![".test.yaml", ".test.yml", ".test.json"].iter().any(|end| name.ends_with(end))
}
