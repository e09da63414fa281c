//! Coverage in the format of lcov: steps are lines, the two sides of a condition are branches.

use super::model::{Coverage, UnitKind};
use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) fn report(all: &[Coverage]) -> String {
    let mut out = String::new();
    for coverage in all {
        let _ = writeln!(out, "TN:\nSF:{}", coverage.file.display());
        let mut lines: BTreeMap<usize, u64> = BTreeMap::new();
        let (mut branches, mut taken) = (0, 0);
        for unit in &coverage.units {
            let line = coverage.line(unit);
            let count = lines.entry(line).or_default();
            *count = (*count).max(unit.yes + unit.no);
            if unit.kind == UnitKind::Condition {
                for (side, rows) in [unit.yes, unit.no].into_iter().enumerate() {
                    let computed = unit.yes + unit.no > 0;
                    let count = if computed { rows.to_string() } else { "-".to_owned() };
                    let _ = writeln!(out, "BRDA:{line},{},{side},{count}", unit.at.start);
                    branches += 1;
                    taken += usize::from(rows > 0);
                }
            }
        }
        let _ = writeln!(out, "BRF:{branches}\nBRH:{taken}");
        lines.iter().for_each(|(line, count)| _ = writeln!(out, "DA:{line},{count}"));
        let hit = lines.values().filter(|count| **count > 0).count();
        let _ = writeln!(out, "LF:{}\nLH:{hit}\nend_of_record", lines.len());
    }
    out
}
