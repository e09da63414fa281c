//! The closed patterns of a table: sets of values that rows have in common, to which no value can be added without
//! losing a row.

use super::error::PluginError;
use std::collections::{HashMap, HashSet};

/// A pattern: a value or a wildcard for each column, and the weight of its rows in two sets.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The numbers of its values.
    pub values: Vec<Option<u32>>,
    /// The weight of the rows it covers.
    pub weight: [f64; 2],
}

impl Pattern {
    /// Whether all rows of the other pattern are rows of this one too.
    pub fn covers(&self, other: &Pattern) -> bool {
        self.values.iter().zip(&other.values).all(|(own, theirs)| own.is_none() || own == theirs)
    }

    /// The positions of its values, for an order that does not depend on that of the rows.
    pub fn key(&self, ranks: &[Vec<u32>]) -> Vec<Option<u32>> {
        let place = |(value, ranks): (&Option<u32>, &Vec<u32>)| value.and_then(|v| ranks.get(v as usize).copied());
        self.values.iter().zip(ranks).map(place).collect()
    }
}

/// A row: the numbers of its values, and its weight in two sets.
pub type WeightedRow = (Box<[u32]>, [f64; 2]);

/// Steps after which a search is aborted.
const MOST_WORK: usize = 400_000_000;
/// Patterns after which a search is aborted.
const MOST_PATTERNS: usize = 200_000;

/// A set of rows that can still be divided.
struct Open {
    rows: Vec<u32>,
    /// The first column that can be added.
    next: usize,
    depth: usize,
}

/// The closed patterns whose weight is `enough` and that the given number of values, or fewer, identify.
///
/// If `enough` is true for a set of rows, it must be true for every larger set.
pub fn closed(
    rows: &[WeightedRow],
    columns: usize,
    enough: impl Fn([f64; 2]) -> bool,
    most: usize,
) -> Result<Vec<Pattern>, PluginError> {
    let (mut found, mut seen, mut work) = (Vec::new(), HashSet::new(), 0usize);
    let mut open = vec![Open { rows: (0..rows.len() as u32).collect(), next: 0, depth: 0 }];
    while let Some(Open { rows: covered, next, depth }) = open.pop() {
        work = work.saturating_add(covered.len() * columns);
        if work > MOST_WORK || found.len() > MOST_PATTERNS {
            return Err(PluginError::TooManyPatterns);
        }
        let pattern = closure(rows, &covered, columns);
        let free: Vec<usize> = (next..columns).filter(|c| matches!(pattern.values.get(*c), Some(None))).collect();
        if enough(pattern.weight) && seen.insert(pattern.values.clone()) && pattern.values.iter().any(Option::is_some) {
            found.push(pattern);
        }
        if depth == most {
            continue;
        }
        for column in free {
            let mut parts: HashMap<u32, (Vec<u32>, [f64; 2])> = HashMap::new();
            for place in &covered {
                let Some((values, weight)) = rows.get(*place as usize) else { continue };
                let Some(value) = values.get(column) else { continue };
                let (part, sum) = parts.entry(*value).or_default();
                part.push(*place);
                *sum = [sum[0] + weight[0], sum[1] + weight[1]];
            }
            open.extend(parts.into_values().filter(|(_, sum)| enough(*sum)).map(|(rows, _)| Open {
                rows,
                next: column + 1,
                depth: depth + 1,
            }));
        }
    }
    Ok(found)
}

/// The values that these rows have in common.
pub fn closure(rows: &[WeightedRow], covered: &[u32], columns: usize) -> Pattern {
    let mut all = covered.iter().filter_map(|place| rows.get(*place as usize));
    let Some((first, weight)) = all.next() else { return Pattern { values: vec![None; columns], weight: [0.0; 2] } };
    let mut pattern = Pattern { values: first.iter().map(|v| Some(*v)).collect(), weight: *weight };
    for (values, weight) in all {
        pattern.weight = [pattern.weight[0] + weight[0], pattern.weight[1] + weight[1]];
        for (common, value) in pattern.values.iter_mut().zip(values) {
            if *common != Some(*value) {
                *common = None;
            }
        }
    }
    pattern
}

/// The patterns of a list, best first, that neither cover nor are covered by a better one.
pub fn apart(patterns: Vec<Pattern>) -> Vec<Pattern> {
    let mut kept: Vec<Pattern> = Vec::new();
    for pattern in patterns {
        if kept.iter().all(|better| !better.covers(&pattern) && !pattern.covers(better)) {
            kept.push(pattern);
        }
    }
    kept
}
