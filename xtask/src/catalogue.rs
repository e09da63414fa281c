//! `cargo xtask catalogue FOLDER`: writes the engine's table of built-in schemas.
//!
//! The folder holds `unified.json`, `sentinel.json` and `defender.json`, each `{"Table": [["column", "type"], …]}`.
//! The result has a line for each table and set of profiles that agree on it, sorted by name:
//!
//! ```text
//! DeviceProcessEvents<tab>u<tab>sAccountName<tab>tTimestamp…
//! ```
//!
//! that is the name, the profiles (`u`, `s`, `d`), and the columns, each with a letter for its type first.
//!
//! `hidden.json`, `{"standard": […], "tables": {"Table": […]}}`, has the columns that the service has and its schemas do not
//! list: `hidden.txt` gets a line `*<tab>…` for those of every table, and one for each table that has more.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

const PROFILES: [(char, &str); 3] = [('u', "unified"), ('s', "sentinel"), ('d', "defender")];
const HIDDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../kql-engine/src/sources/schemas/hidden.txt");
const TARGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../kql-engine/src/sources/schemas/tables.txt");

/// Writes the catalogue from the schemas in the folder.
pub fn run(folder: &str) -> Result<(), String> {
    // name, then columns, to profiles
    let mut tables: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (mark, profile) in PROFILES {
        let path = Path::new(folder).join(format!("{profile}.json"));
        let schemas = json(&path)?;
        let schemas = schemas.as_object().ok_or_else(|| format!("{}: not an object", path.display()))?;
        for (name, columns) in schemas {
            let columns = columns_of(columns).map_err(|e| format!("{}: {name}: {e}", path.display()))?;
            tables.entry(name.clone()).or_default().entry(columns).or_default().push(mark);
        }
    }
    let mut out = String::new();
    for (name, versions) in &tables {
        for (columns, profiles) in versions {
            let _ = writeln!(out, "{name}\t{profiles}{columns}");
        }
    }
    std::fs::write(TARGET, &out).map_err(|e| format!("{TARGET}: {e}"))?;
    println!("{} tables, {} bytes", tables.len(), out.len());
    hidden(&Path::new(folder).join("hidden.json"))
}

/// Writes the columns that no schema lists.
fn hidden(path: &Path) -> Result<(), String> {
    let hidden = json(path)?;
    let mut out = format!("*{}\n", columns_of(&hidden["standard"])?);
    let tables = hidden["tables"].as_object().ok_or_else(|| format!("{}: no tables", path.display()))?;
    let sorted: BTreeMap<&String, &Value> = tables.iter().collect();
    for (name, columns) in sorted {
        let columns = columns_of(columns).map_err(|e| format!("{}: {name}: {e}", path.display()))?;
        let _ = writeln!(out, "{name}{columns}");
    }
    std::fs::write(HIDDEN, &out).map_err(|e| format!("{HIDDEN}: {e}"))
}

fn json(path: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
}

fn columns_of(columns: &Value) -> Result<String, String> {
    let mut out = String::new();
    for column in columns.as_array().ok_or("not a list")? {
        let (Some(name), Some(ty)) = (column[0].as_str(), column[1].as_str()) else {
            return Err(format!("{column} is no column"));
        };
        if name.contains(['\t', '\n']) {
            return Err(format!("the name {name:?} has a tab or a line end"));
        }
        let letter = match ty {
            "bool" => 'b',
            "int" => 'i',
            "long" => 'l',
            "real" => 'r',
            "decimal" => 'm',
            "string" => 's',
            "datetime" => 't',
            "timespan" => 'p',
            "guid" => 'g',
            "dynamic" => 'd',
            _ => return Err(format!("{ty} is no type")),
        };
        let _ = write!(out, "\t{letter}{name}");
    }
    Ok(out)
}
