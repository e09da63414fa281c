//! Values of variables for which all leaves have the truth that they must have.

use super::draft::Draft;
use super::leaves::{Leaf, replaced, valued, variables};
use super::propose::{Proposer, defaults};
use super::symbols::{Symbols, Variable, choice};
use super::unsupported::Unsupported;
use crate::bind::Environment;
use crate::plan::{ColumnId, Expr, ExprKind};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::calendar::HOUR;
use std::collections::{BTreeMap, BTreeSet};

/// The most values that are tried for a variable.
const MOST_VALUES: usize = 400;

/// The most rows, or different values, of a group.
const MOST_COPIES: i64 = 2_000;

/// Values for all variables that leaves name.
pub(super) struct Solution {
    pub leaves: Vec<Leaf>,
    /// Cells that are computed from other variables.
    pub definitions: Vec<(ColumnId, Expr)>,
    pub values: BTreeMap<ColumnId, Value>,
}

/// What the solver needs beside the leaves.
pub(super) struct Solver<'a> {
    pub environment: &'a dyn Environment,
    pub attempt: usize,
}

impl Solver<'_> {
    /// Finds values.
    pub fn solve(&self, symbols: &Symbols, mut leaves: Vec<Leaf>) -> Result<Solution, Unsupported> {
        let definitions = defined(symbols, &mut leaves);
        let mut values = BTreeMap::new();
        let mut open: BTreeSet<ColumnId> = leaves.iter().flat_map(|leaf| variables(&leaf.condition)).collect();
        let groups: Vec<(Vec<ColumnId>, &Leaf)> =
            leaves.iter().map(|leaf| (variables(&leaf.condition), leaf)).collect();
        while let Some(next) = self.next(&open, &groups, &values) {
            open.remove(&next);
            let ready: Vec<&Leaf> = groups
                .iter()
                .filter(|(own, _)| own.contains(&next) && own.iter().all(|id| *id == next || values.contains_key(id)))
                .map(|(_, leaf)| *leaf)
                .collect();
            let value = self.value_of(symbols, next, &ready, &values)?;
            values.insert(next, value);
        }
        for leaf in &leaves {
            if variables(&leaf.condition).is_empty() && !self.holds(&leaf.condition, leaf.wanted) {
                return Err(Unsupported::Empty);
            }
        }
        for (id, e) in definitions.iter().rev() {
            // a variable without a condition has any value
            let mut missing = BTreeMap::new();
            for other in variables(e) {
                if !values.contains_key(&other) {
                    missing.insert(other, self.usual(symbols, other));
                }
            }
            values.append(&mut missing);
            if let Some(value) = self.environment.constant(&valued(e, &values)) {
                values.insert(*id, value);
            }
        }
        Ok(Solution { leaves, definitions, values })
    }

    /// The variable whose conditions can be computed once it has a value, those of counts last.
    fn next(
        &self,
        open: &BTreeSet<ColumnId>,
        groups: &[(Vec<ColumnId>, &Leaf)],
        values: &BTreeMap<ColumnId, Value>,
    ) -> Option<ColumnId> {
        let ready = |id: &ColumnId| {
            let own = groups.iter().filter(|(own, _)| own.contains(id));
            let (mut ready, mut waits) = (0_usize, 0_usize);
            for (others, _) in own {
                if others.iter().all(|other| other == id || values.contains_key(other)) {
                    ready += 1;
                } else {
                    waits += 1;
                }
            }
            (waits == 0, ready)
        };
        open.iter().max_by_key(|id| ready(id)).copied()
    }

    /// A value for which the leaves hold.
    fn value_of(
        &self,
        symbols: &Symbols,
        id: ColumnId,
        leaves: &[&Leaf],
        values: &BTreeMap<ColumnId, Value>,
    ) -> Result<Value, Unsupported> {
        let conditions: Vec<(Expr, bool)> =
            leaves.iter().map(|leaf| (valued(&leaf.condition, values), leaf.wanted)).collect();
        if conditions.is_empty() {
            return Ok(self.usual(symbols, id));
        }
        let is_count = matches!(symbols.variables.get(&id), Some(Variable::Count { .. }));
        let mut worst = 0;
        let mut candidates = self.candidates(symbols, id, &conditions);
        if is_count {
            // with as few rows as there can be, a change of one of them shows
            candidates.sort_by_key(|value| value.as_long());
        }
        for value in candidates {
            let in_range = !is_count || matches!(value, Value::Long(1..=MOST_COPIES));
            let mut all = in_range;
            for (place, (condition, wanted)) in conditions.iter().enumerate() {
                if !all {
                    break;
                }
                let own = BTreeMap::from([(id, value.clone())]);
                all = self.holds(&valued(condition, &own), *wanted);
                worst = if all { worst } else { place };
            }
            if all {
                return Ok(value);
            }
        }
        // a condition that the query implies stands nowhere; another one of the same value shows the place
        let mut spans = leaves.get(worst).into_iter().chain(leaves).map(|leaf| leaf.condition.span);
        Err(Unsupported::At(spans.find(|span| span.end > span.start).unwrap_or_default()))
    }

    /// Values that could fit, the most likely ones first.
    pub fn candidates(&self, symbols: &Symbols, id: ColumnId, conditions: &[(Expr, bool)]) -> Vec<Value> {
        let ty = type_of(symbols, id);
        let proposer = Proposer { environment: self.environment, variable: id };
        let mut ways: Vec<Vec<Draft>> =
            conditions.iter().map(|(condition, wanted)| proposer.of_condition(condition, *wanted)).collect();
        for (number, way) in ways.iter_mut().enumerate() {
            if !way.is_empty() {
                let first = choice(self.attempt, number, way.len());
                way.rotate_left(first);
            }
        }
        let firsts: Vec<&Draft> = ways.iter().filter_map(|way| way.first()).collect();
        let with = |draft: Draft| firsts.iter().fold(draft, |all, other| all.merged((*other).clone()));
        let merged = std::iter::once(with(Draft::default()));
        let each = ways.iter().flatten().map(|draft| with(draft.clone()));
        let alone = ways.iter().flatten().cloned();
        let mut found: Vec<Value> = Vec::new();
        for draft in merged.chain(each).chain(alone) {
            if let Some(value) = draft.value(ty)
                && !found.contains(&value)
            {
                found.push(value);
            }
            if found.len() >= MOST_VALUES {
                break;
            }
        }
        let usual = self.usual(symbols, id);
        // a value that is proposed for want of a better one is one that is usual for the column
        if let (Some(first), Some(other)) = (defaults(ty).first(), found.first_mut())
            && first == other
            && usual != *other
        {
            *other = usual.clone();
        }
        found.extend([usual, Value::missing(ty)]);
        found
    }

    /// A value for a cell that nothing is asked of.
    pub fn usual(&self, symbols: &Symbols, id: ColumnId) -> Value {
        let ty = type_of(symbols, id);
        match (ty, symbols.variables.get(&id)) {
            (ScalarType::Datetime, _) => Value::Long(self.environment.now() - HOUR),
            (ScalarType::String, Some(Variable::Cell { column, .. })) => Value::Text(usual_text(column).to_owned()),
            _ => defaults(ty).into_iter().next().unwrap_or(Value::Null),
        }
    }

    /// Whether a condition without variables has this truth.
    pub fn holds(&self, condition: &Expr, wanted: bool) -> bool {
        self.environment.constant(condition) == Some(Value::Bool(wanted))
    }
}

/// A text that a column of this name often has.
fn usual_text(column: &str) -> &'static str {
    let name = column.to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if has(&["principalname", "email", "upn", "mailfrom", "recipient", "sender", "mailbox"]) {
        "alice@contoso.com"
    } else if has(&["ipaddr", "remoteip", "localip", "clientip", "sourceip", "callerip", "destinationip"])
        || name == "ip"
    {
        "203.0.113.7"
    } else if has(&["network", "subnet", "cidr", "iprange", "ipprefix"]) {
        "203.0.113.0/24"
    } else if has(&["url", "uri"]) {
        "https://www.example.com/a"
    } else if has(&["sha256"]) {
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    } else if has(&["deviceid", "machineid", "objectid", "subscriptionid", "correlationid", "reportid"]) {
        "00000000-0000-0000-0000-000000000007"
    } else if has(&["computer", "devicename", "hostname", "dvc", "workstation"]) {
        "pc1.contoso.com"
    } else if has(&["filename", "process", "image"]) {
        "tool.exe"
    } else if has(&["path", "folder"]) {
        r"C:\Users\alice\tool.exe"
    } else {
        "alice"
    }
}

pub(super) fn type_of(symbols: &Symbols, id: ColumnId) -> ScalarType {
    match symbols.variables.get(&id) {
        Some(Variable::Cell { ty, .. } | Variable::Part { ty }) => *ty,
        Some(Variable::Count { .. }) | None => ScalarType::Long,
    }
}

/// Takes the leaves that say that a cell equals something, and replaces the cell everywhere. Returns what the cells are.
fn defined(symbols: &Symbols, leaves: &mut Vec<Leaf>) -> Vec<(ColumnId, Expr)> {
    let mut definitions: Vec<(ColumnId, Expr)> = Vec::new();
    loop {
        let found = leaves.iter().enumerate().find_map(|(place, leaf)| {
            let ExprKind::Call(function, args) = &leaf.condition.kind else { return None };
            let ("==" | "=~", [a, b], true) = (function.name, args.as_slice(), leaf.wanted) else { return None };
            let cell = |e: &Expr, other: &Expr| match e.kind {
                ExprKind::Column(id) => {
                    let is_cell =
                        matches!(symbols.variables.get(&id), Some(Variable::Cell { .. } | Variable::Part { .. }));
                    let others = variables(other);
                    (is_cell && !others.is_empty() && !others.contains(&id) && e.ty == other.ty).then_some(id)
                }
                _ => None,
            };
            let (id, other) = match (cell(b, a), cell(a, b)) {
                (Some(id), _) => (id, a.clone()),
                (None, Some(id)) => (id, b.clone()),
                (None, None) => return None,
            };
            Some((place, id, other))
        });
        let Some((place, id, other)) = found else { return definitions };
        leaves.remove(place);
        for leaf in leaves.iter_mut() {
            leaf.condition = replaced(&leaf.condition, id, &other);
        }
        definitions.push((id, other));
    }
}
