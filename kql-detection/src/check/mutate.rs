//! Runs the tests of a rule over its mutants: a mutant that no test kills shows what the tests leave open.

use super::case::CaseRun;
use super::fixtures::Fixtures;
use super::session::Loaded;
use crate::coverage::Coverage;
use crate::mutants::{Mutant, mutants};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The mutants of a rule, and which of them its tests kill.
#[derive(Clone, Debug)]
pub struct MutationReport {
    /// The file of the rule.
    pub file: PathBuf,
    /// The name of the rule.
    pub rule: String,
    /// The query.
    pub query: String,
    /// The line of the file, from 1, where the query starts.
    pub first_line: usize,
    /// Mutants that a test kills.
    pub killed: Vec<Mutant>,
    /// Mutants that mean the same as the query.
    pub equivalent: Vec<Mutant>,
    /// Mutants that are not valid queries.
    pub invalid: Vec<Mutant>,
    /// Mutants in text that no test reaches; they did not run.
    pub unreached: Vec<Mutant>,
    /// Mutants that no test kills.
    pub survivors: Vec<Survivor>,
}

/// A mutant that no test kills.
#[derive(Clone, Debug)]
pub struct Survivor {
    /// The mutant.
    pub mutant: Mutant,
    /// A row that would kill it, as it is written in a test file, and whether the rule must find it.
    pub killer: Option<(String, bool)>,
}

impl MutationReport {
    /// One for each rule: of several test files of a rule, each can kill a mutant.
    pub fn merged(all: Vec<MutationReport>) -> Vec<MutationReport> {
        let mut rules: Vec<MutationReport> = Vec::new();
        for one in all {
            match rules.iter_mut().find(|rule| rule.file == one.file && rule.query == one.query) {
                Some(rule) => rule.add(one),
                None => rules.push(one),
            }
        }
        rules
    }

    /// Adds what other tests say. A mutant counts once: as killed, else as alive, else as not reached.
    fn add(&mut self, other: MutationReport) {
        let add = |own: &mut Vec<Mutant>, others: Vec<Mutant>| {
            for mutant in others {
                if !own.contains(&mutant) {
                    own.push(mutant);
                }
            }
        };
        add(&mut self.killed, other.killed);
        add(&mut self.unreached, other.unreached);
        add(&mut self.equivalent, other.equivalent);
        add(&mut self.invalid, other.invalid);
        for survivor in other.survivors {
            match self.survivors.iter_mut().find(|own| own.mutant == survivor.mutant) {
                Some(own) => own.killer = own.killer.take().or(survivor.killer),
                None => self.survivors.push(survivor),
            }
        }
        self.survivors.retain(|survivor| !self.killed.contains(&survivor.mutant));
        let mut counted = self.killed.clone();
        counted.extend(self.survivors.iter().map(|survivor| survivor.mutant.clone()));
        for rest in [&mut self.unreached, &mut self.equivalent, &mut self.invalid] {
            rest.retain(|mutant| !counted.contains(mutant));
            counted.extend(rest.iter().cloned());
            rest.sort_by_key(|mutant| mutant.at);
        }
        self.survivors.sort_by_key(|survivor| survivor.mutant.at);
    }
}

enum Fate {
    Killed,
    Equivalent,
    Invalid,
    Survived(Option<(String, bool)>),
}

/// Runs the mutants of a rule on several threads. `coverage` says for each test what it reaches: a mutant runs only over the
/// tests that reach it.
pub(super) fn mutate(loaded: &Loaded, coverage: &[Coverage], jobs: usize) -> MutationReport {
    let query = &loaded.rule.query.text;
    let (reached, unreached): (Vec<Mutant>, Vec<Mutant>) =
        mutants(query).into_iter().partition(|mutant| coverage.iter().any(|coverage| coverage.reaches(mutant)));
    let next = AtomicUsize::new(0);
    let fates: Vec<Mutex<Option<Fate>>> = reached.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, reached.len().max(1)) {
            scope.spawn(|| {
                let fixtures = Fixtures::default();
                let prepare = |(case, coverage)| {
                    let run = CaseRun::prepare(&loaded.file, &loaded.rule, case, loaded.engine(), &fixtures).ok()?;
                    Some((run, coverage))
                };
                let mut cases: Vec<(CaseRun, &Coverage)> =
                    loaded.file.cases.iter().zip(coverage).filter_map(prepare).collect();
                let original = cases.first().and_then(|(case, _)| case.plan(query));
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(mutant), Some(slot)) = (reached.get(i), fates.get(i)) else { break };
                    let fate = fate(loaded, mutant, original.as_deref(), &mut cases);
                    *slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(fate);
                }
            });
        }
    });
    let mut report = MutationReport {
        file: loaded.rule.file.clone(),
        rule: loaded.rule.name.clone(),
        query: query.clone(),
        first_line: loaded.rule.query.first_line,
        killed: Vec::new(),
        equivalent: Vec::new(),
        invalid: Vec::new(),
        unreached,
        survivors: Vec::new(),
    };
    for (mutant, fate) in reached.into_iter().zip(fates) {
        match fate.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            Some(Fate::Killed) => report.killed.push(mutant),
            Some(Fate::Equivalent) => report.equivalent.push(mutant),
            Some(Fate::Invalid) | None => report.invalid.push(mutant),
            Some(Fate::Survived(killer)) => report.survivors.push(Survivor { mutant, killer }),
        }
    }
    report
}

fn fate(loaded: &Loaded, mutant: &Mutant, original: Option<&str>, cases: &mut Vec<(CaseRun, &Coverage)>) -> Fate {
    let text = mutant.apply(&loaded.rule.query.text);
    match cases.first().and_then(|(case, _)| case.plan(&text)) {
        None => return Fate::Invalid,
        plan if plan.as_deref() == original => return Fate::Equivalent,
        Some(_) => {}
    }
    for at in 0..cases.len() {
        let case = cases.get(at).filter(|(_, coverage)| coverage.reaches(mutant));
        let fails = case.and_then(|(case, _)| case.of_query(&text)).is_some_and(|case| case.fails());
        if fails {
            // the test that killed one mutant is likely to kill the next
            if let Some(case) = (at > 0).then(|| cases.remove(at)) {
                cases.insert(0, case);
            }
            return Fate::Killed;
        }
    }
    let mut tried = HashSet::new();
    let killer = cases.iter().find_map(|(case, _)| case.killer(mutant, &text, &mut tried));
    Fate::Survived(killer)
}
