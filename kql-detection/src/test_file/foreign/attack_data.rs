//! Tests of contentctl: files of recorded attacks, in which the rule must find something.

use super::super::model::{Case, Count, Given, Part};
use super::super::reader::Reader;
use super::parts::{counted, given, local_file, name, simple};
use crate::yaml::Node;

/// The test. Each recording can name its table with `table`; `source` and `sourcetype` mean nothing here.
pub(super) fn case(reader: &mut Reader, node: &Node, data: &Node, index: usize) -> Option<Case> {
    let name = name(node, "name", index);
    let mut tables: Vec<Given> = Vec::new();
    for item in reader.items(data) {
        let Some(path) = item.get("data") else {
            let help = "add 'data: path/of/the/file'".to_owned();
            reader.problem(item.place, "the recording has no file", Some(help));
            continue;
        };
        let Some(path) = local_file(reader, path, &[]) else { continue };
        let own = given(item, vec![Part::File(path)]);
        match tables.iter_mut().find(|table| table.table.value == own.table.value) {
            Some(table) => table.parts.extend(own.parts),
            None => tables.push(own),
        }
    }
    Some(simple(name, tables, Some(counted(Count::at_least(1), node.place))))
}
