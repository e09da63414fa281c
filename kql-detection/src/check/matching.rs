//! Which expected rows are found, and whether they are found in the order of the result.

use super::compare::{ExpectedRow, ResultRows};
use std::ops::Range;

/// Which expected rows are found, each in a row of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Matching {
    /// The expected rows without a row.
    pub missing: Vec<usize>,
    /// The rows that no expected row accepts.
    pub extra: Vec<usize>,
}

/// Finds for each expected row one of its own, as many as possible: an expected row that accepts several must not take
/// the only one that another accepts.
pub(super) fn matching(expected: &[ExpectedRow], result: &ResultRows) -> Matching {
    let accepts: Vec<Vec<usize>> = expected.iter().map(|e| accepted(e, result, 0..result.rows.len())).collect();
    let mut owner: Vec<Option<usize>> = vec![None; result.rows.len()];
    let mut missing = Vec::new();
    for row in 0..expected.len() {
        if !place(row, &accepts, &mut owner) {
            missing.push(row);
        }
    }
    let extra = owner.iter().enumerate().filter(|(_, owner)| owner.is_none()).map(|(i, _)| i).collect();
    Matching { missing, extra }
}

/// The rows in a range that an expected row accepts.
fn accepted(expected: &ExpectedRow, result: &ResultRows, within: Range<usize>) -> Vec<usize> {
    within.filter(|i| result.rows.get(*i).is_some_and(|row| expected.accepts(result, row))).collect()
}

/// The first expected row that is not found where the order of the result has its place. All rows that tie, which are equal
/// in all columns of the order, can be in any order.
pub(super) fn out_of_order(expected: &[ExpectedRow], result: &ResultRows) -> Option<usize> {
    if result.order.is_empty() {
        return None;
    }
    let (mut accepts, mut owner) = (vec![Vec::new(); expected.len()], vec![None; result.rows.len()]);
    let mut next = 0;
    // the more rows are found among the first ones, the fewer remain for those after them
    for tie in ties(result) {
        while let Some(row) = expected.get(next) {
            if let Some(accepts) = accepts.get_mut(next) {
                *accepts = accepted(row, result, tie.clone());
            }
            if !place(next, &accepts, &mut owner) {
                break;
            }
            next += 1;
        }
    }
    (next < expected.len()).then_some(next)
}

/// The ranges of the rows that are equal in all columns of the order.
pub(super) fn ties(result: &ResultRows) -> Vec<Range<usize>> {
    let key = |row: usize| result.order.iter().map(|at| result.rows.get(row)?.get(*at)).collect::<Vec<_>>();
    let mut ties: Vec<Range<usize>> = Vec::new();
    for row in 0..result.rows.len() {
        match ties.last_mut() {
            Some(tie) if key(tie.start) == key(row) => tie.end = row + 1,
            _ => ties.push(row..row + 1),
        }
    }
    ties
}

/// Gives an expected row a row, moving others if that is needed; without recursion, since there can be many.
fn place(start: usize, accepts: &[Vec<usize>], owner: &mut [Option<usize>]) -> bool {
    let mut seen = vec![false; owner.len()];
    let mut from: Vec<Option<usize>> = vec![None; owner.len()];
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(expected) = queue.pop_front() {
        for &row in accepts.get(expected).into_iter().flatten() {
            if seen.get(row).copied().unwrap_or(true) {
                continue;
            }
            if let Some(seen) = seen.get_mut(row) {
                *seen = true;
            }
            if let Some(from) = from.get_mut(row) {
                *from = Some(expected);
            }
            match owner.get(row).copied().flatten() {
                Some(other) => queue.push_back(other),
                None => {
                    let mut at = row;
                    // each row on the way goes to the one that came for it
                    while let Some(taker) = from.get(at).copied().flatten() {
                        let before = owner.iter().position(|owner| *owner == Some(taker));
                        if let Some(owner) = owner.get_mut(at) {
                            *owner = Some(taker);
                        }
                        match before {
                            Some(before) if taker != start => {
                                if let Some(owner) = owner.get_mut(before) {
                                    *owner = None;
                                }
                                at = before;
                            }
                            _ => break,
                        }
                    }
                    return true;
                }
            }
        }
    }
    false
}
