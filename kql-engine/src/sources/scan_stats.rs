//! The result of reading a file: its columns, the kinds of their values, the number of rows, and damaged
//! rows.

use super::custom;
use super::dates::{Dates, Zone, split_zone};
use super::kinds::{Kinds, Syntax};
use super::report::{KEPT, Place};
use crate::types::{Column, ScalarType, TableSchema};
use indexmap::IndexMap;
use kql_scan::json_keys::{KeyPredictor, Members, Slot};
use kql_scan::json_text::{Cursor, Fault, Raw};
use kql_scan::unescape;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The end of the reason why nothing more is read.
const REST: &str = "; the rest of the file is not read";

/// The reason, where nothing more is read because of it.
pub(super) fn rest_lost(reason: &str) -> String {
    format!("{reason}{REST}")
}

/// The content of a file or of a part of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ScanStats {
    /// The names in order of appearance, and the kinds of values of undeclared ones.
    #[serde(with = "crate::encoded::pairs")]
    pub names: IndexMap<String, Kinds>,
    pub rows: u64,
    pub lines: u64,
    pub refused: u64,
    /// The first refused lines.
    pub places: Vec<Place>,
    /// Rows that are read, but may be damaged.
    pub doubts: Vec<Place>,
    /// What the dates show about their order.
    pub dates: Dates,
    /// The end of the part, where the next one has to begin.
    pub end: u64,
}

impl ScanStats {
    /// Counts a skipped line.
    pub(super) fn refuse(&mut self, line: u64, reason: &str) {
        self.refused += 1;
        let place = Place { line, reason: reason.to_owned() };
        if self.places.len() < KEPT {
            self.places.push(place);
        } else if reason.ends_with(REST)
            && let Some(last) = self.places.last_mut()
        {
            // that is never one of the reasons that are not shown
            *last = place;
        }
    }

    /// Names a row that is read, but may be damaged.
    pub(super) fn doubt(&mut self, line: u64, reason: String) {
        if self.doubts.len() < KEPT {
            self.doubts.push(Place { line, reason });
        }
    }

    /// Adds the statistics of the next part.
    pub(super) fn append(&mut self, next: ScanStats) {
        for (name, kinds) in next.names {
            self.names.entry(name).or_default().add(kinds);
        }
        self.rows += next.rows;
        self.refused += next.refused;
        let lines = self.lines;
        self.dates.append(next.dates, lines);
        self.places.extend(next.places.into_iter().map(|p| Place { line: p.line + lines, ..p }));
        self.places.truncate(KEPT);
        self.doubts.extend(next.doubts.into_iter().map(|p| Place { line: p.line + lines, ..p }));
        self.doubts.truncate(KEPT);
        self.lines += next.lines;
        self.end = next.end;
    }
}

/// The columns that a schema declares, and their types.
#[derive(Clone, Debug, Default)]
pub(super) struct Declared {
    columns: Arc<HashMap<String, ScalarType>>,
    /// Whether the types are only expected.
    custom: bool,
}

impl Declared {
    pub(super) fn of(table: &str, schema: Option<&TableSchema>) -> Declared {
        let custom = custom::is_custom(table);
        let columns = schema.iter().flat_map(|s| &s.columns);
        let ty = |c: &Column| if custom { custom::expected(&c.name, c.ty) } else { c.ty };
        Declared { columns: Arc::new(columns.map(|c| (c.name.clone(), ty(c))).collect()), custom }
    }

    /// The columns, and whether their types are only expected.
    pub(super) fn parts(&self) -> (&Arc<HashMap<String, ScalarType>>, bool) {
        (&self.columns, self.custom)
    }

    /// From its parts.
    pub(super) fn from_parts(columns: Arc<HashMap<String, ScalarType>>, custom: bool) -> Declared {
        Declared { columns, custom }
    }

    pub(super) fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }

    /// The columns and types in order: what is found out about values depends on them.
    pub(super) fn sorted(&self) -> (bool, BTreeMap<&str, ScalarType>) {
        (self.custom, self.columns.iter().map(|(name, ty)| (name.as_str(), *ty)).collect())
    }

    /// What to find out about the values of a file's column, by its header and by the schema.
    pub(super) fn watch(&self, header: &str) -> Watch {
        let (column, zone) = split_zone(header);
        match self.columns.get(column) {
            _ if zone != Zone::None => Watch::Dates,
            Some(ty) if self.custom => Watch::Expected(*ty),
            Some(ScalarType::Datetime) => Watch::Dates,
            Some(_) => Watch::Nothing,
            None if self.custom => custom::by_suffix(column).map_or(Watch::Kinds, Watch::Expected),
            None => Watch::Kinds,
        }
    }
}

/// What to find out about a column's values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Watch {
    Nothing,
    /// What they show about the order of day and month.
    Dates,
    /// Which types can hold them.
    Kinds,
    /// Which types can hold them, and whether they are valid in this type.
    Expected(ScalarType),
}

impl Watch {
    /// Whether the order of day and month has to be found out.
    pub(super) fn dates(self) -> bool {
        matches!(self, Watch::Dates | Watch::Expected(ScalarType::Datetime))
    }
}

/// Collects statistics of objects, and passes on the needed values.
pub(super) struct StatsCollector {
    declared: Declared,
    /// What JSON strings contain: in CSV, they are all values.
    syntax: Syntax,
    shape: KeyPredictor,
    /// The names of the needed values, and their indices.
    wanted: HashMap<String, usize>,
    /// For each name of the survey, how its values are used.
    uses: Vec<(Watch, Option<usize>)>,
    /// The kinds of the current row.
    kinds: Vec<(usize, Kinds)>,
    pub survey: ScanStats,
}

impl StatsCollector {
    /// `wanted` are the names whose values [`StatsCollector::object`] returns, in that order.
    pub(super) fn new(declared: Declared, syntax: Syntax, wanted: &[String]) -> StatsCollector {
        StatsCollector {
            declared,
            syntax,
            shape: KeyPredictor::default(),
            wanted: wanted.iter().enumerate().map(|(i, name)| (name.clone(), i)).collect(),
            uses: Vec::new(),
            kinds: Vec::new(),
            survey: ScanStats::default(),
        }
    }

    /// Reads the object at the cursor, which is in line `line` and followed by no other text. The needed values are written
    /// to `values`.
    pub(super) fn object<'a>(
        &mut self,
        cursor: &mut Cursor<'a>,
        line: u64,
        values: &mut [Raw<'a>],
    ) -> Result<(), Fault> {
        self.read(cursor, line, values, Cursor::end)
    }

    /// Reads the object at the cursor, which is in line `line`; any text can follow it. `finish` gets the position after the
    /// object and can still refuse it.
    pub(super) fn leading_object(
        &mut self,
        cursor: &mut Cursor,
        line: u64,
        finish: impl FnOnce(usize) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.read(cursor, line, &mut [], |cursor| finish(cursor.at))
    }

    fn read<'a>(
        &mut self,
        cursor: &mut Cursor<'a>,
        line: u64,
        values: &mut [Raw<'a>],
        finish: impl FnOnce(&mut Cursor<'a>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let StatsCollector { declared, syntax, shape, wanted, uses, kinds, survey } = self;
        let before = survey.names.len();
        kinds.clear();
        let ScanStats { names, dates, .. } = survey;
        let mut row = Row { declared, syntax: *syntax, wanted, uses, kinds, names, dates, line, values };
        let result = cursor.object(shape, &mut row).and_then(|()| finish(cursor));
        if result.is_err() {
            if survey.names.len() > before {
                // a damaged object must not add columns, and its keys must be forgotten
                *shape = KeyPredictor::default();
                survey.names.truncate(before);
                uses.truncate(before);
            }
            return result;
        }
        for (i, kind) in kinds {
            if let Some((_, own)) = survey.names.get_index_mut(*i) {
                own.add(*kind);
            }
        }
        Ok(())
    }
}

/// The current row.
struct Row<'s, 'a> {
    declared: &'s Declared,
    syntax: Syntax,
    wanted: &'s HashMap<String, usize>,
    uses: &'s mut Vec<(Watch, Option<usize>)>,
    kinds: &'s mut Vec<(usize, Kinds)>,
    names: &'s mut IndexMap<String, Kinds>,
    dates: &'s mut Dates,
    line: u64,
    values: &'s mut [Raw<'a>],
}

impl<'a> Members<'a> for Row<'_, 'a> {
    fn key(&mut self, key: &str) -> Slot {
        let at = self.names.get_index_of(key).unwrap_or_else(|| {
            self.uses.push((self.declared.watch(key), self.wanted.get(key).copied()));
            self.names.insert_full(key.to_owned(), Kinds::default()).0
        });
        match self.uses.get(at) {
            Some((Watch::Nothing, None)) | None => Slot::Skip,
            Some(_) => Slot::At(at),
        }
    }

    #[inline]
    fn value(&mut self, index: usize, raw: Raw<'a>) {
        let Some((watch, wanted)) = self.uses.get(index) else { return };
        if let Some(value) = wanted.and_then(|i| self.values.get_mut(i)) {
            *value = raw;
        }
        if let (true, Raw::String(text)) = (watch.dates(), raw) {
            self.dates.see(&unescape(text), || self.line);
        }
        let kind = match (watch, raw) {
            (Watch::Nothing, _) | (_, Raw::Null) => return,
            (Watch::Expected(ty), raw) => custom::kinds(*ty, raw),
            (Watch::Dates, Raw::String(_)) => return,
            (_, Raw::Bool(_)) => Kinds::BOOL,
            (_, Raw::Number(text)) => Kinds::of_number(text).unwrap_or(Kinds::REAL),
            (_, Raw::Nested(_)) => Kinds::NESTED,
            (_, Raw::String(text)) => {
                let text = unescape(text);
                match self.syntax {
                    Syntax::Csv => Kinds::of_csv(&text),
                    Syntax::Json => Kinds::of_string(&text),
                }
            }
        };
        self.kinds.push((index, kind));
    }
}
