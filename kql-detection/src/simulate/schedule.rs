//! When a rule runs, and which rows each run sees.

use crate::rule::{Rule, RuleKind};
use kql_engine::Moment;

/// How often a near-real-time rule runs: 100 ns ticks of a minute.
const MINUTE: i64 = 600_000_000;

/// When a rule runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The time between two runs, in ticks.
    pub frequency: i64,
    /// How far back a run looks, in ticks; `None` for a near-real-time rule, whose runs see what has arrived since the one before.
    pub period: Option<i64>,
    /// The first run, in ticks.
    pub first: i64,
    /// How many runs there are.
    pub runs: usize,
}

/// The rows that a run sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// When it runs, in ticks.
    pub now: i64,
    /// The times of its rows, in ticks: the first, and the end, which does not belong to them. `None` for all.
    pub times: Option<(i64, i64)>,
    /// When its rows have arrived, in the same way.
    pub arrivals: (i64, i64),
}

impl Schedule {
    /// Whether a rule has a schedule.
    pub fn is_of(rule: &Rule) -> bool {
        rule.kind == RuleKind::Nrt || rule.frequency.as_ref().is_some_and(|frequency| frequency.value >= 0)
    }

    /// The schedule of a rule between two times; `None` if it has none, as a hunting query.
    pub fn of(rule: &Rule, from: i64, to: i64) -> Option<Schedule> {
        let written = rule.frequency.as_ref().map(|frequency| frequency.value);
        // custom detections of Defender that run continuously have the frequency 0
        let (frequency, period) = match (rule.kind, written) {
            (RuleKind::Nrt, _) | (RuleKind::Defender, Some(0)) => (MINUTE, None),
            (_, Some(frequency)) if frequency > 0 => {
                (frequency, Some(rule.period.as_ref().map_or(frequency, |period| period.value)))
            }
            _ => return None,
        };
        let span = to.saturating_sub(from).max(0);
        // the last run is the first one that sees the end
        let runs = span / frequency + i64::from(span % frequency > 0) + 1;
        Some(Schedule { frequency, period, first: from, runs: usize::try_from(runs).unwrap_or(usize::MAX) })
    }

    /// When a run is, by its number from 0.
    pub fn now(&self, run: usize) -> i64 {
        self.first.saturating_add(self.frequency.saturating_mul(i64::try_from(run).unwrap_or(i64::MAX)))
    }

    /// What a run sees.
    pub fn window(&self, run: usize) -> Window {
        let now = self.now(run);
        match self.period {
            Some(period) => {
                // what arrives at the moment of the run is there
                Window { now, times: Some((now.saturating_sub(period), now)), arrivals: (i64::MIN / 2, now + 1) }
            }
            None => Window { now, times: None, arrivals: (now - self.frequency + 1, now + 1) },
        }
    }

    /// The number of the first run at or after a time.
    pub fn first_at(&self, time: i64) -> usize {
        let since = time.saturating_sub(self.first);
        if since <= 0 {
            return 0;
        }
        let whole = since / self.frequency + i64::from(since % self.frequency > 0);
        usize::try_from(whole).unwrap_or(usize::MAX)
    }
}

impl Window {
    /// Whether a run sees a row; `delay` is how long after its time a row arrives that does not say when it did.
    pub fn sees(&self, moment: &Moment, delay: i64) -> bool {
        let arrived = arrival(moment, delay);
        self.times.is_none_or(|(from, to)| moment.time >= from && moment.time < to)
            && arrived >= self.arrivals.0
            && arrived < self.arrivals.1
    }
}

/// When a row arrived.
pub(super) fn arrival(moment: &Moment, delay: i64) -> i64 {
    moment.received.unwrap_or_else(|| moment.time.saturating_add(delay))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(frequency: i64, period: Option<i64>) -> Schedule {
        Schedule { frequency, period, first: 1_000, runs: 11 }
    }

    #[test]
    fn windows_follow_each_other() {
        let schedule = schedule(10, Some(20));
        assert_eq!(schedule.window(2).times, Some((1_000, 1_020)));
        assert_eq!((schedule.first_at(0), schedule.first_at(1_000), schedule.first_at(1_001)), (0, 0, 1));
        let seen = |time, received| {
            let moment = Moment { time, received };
            (0..11).filter(|run| schedule.window(*run).sees(&moment, 0)).collect::<Vec<usize>>()
        };
        assert_eq!(seen(1_005, None), [1, 2]);
        assert_eq!(seen(1_010, None), [2, 3]);
        assert_eq!(seen(1_005, Some(1_015)), [2]);
        assert_eq!(seen(1_005, Some(1_021)), [0; 0]);
    }

    #[test]
    fn near_real_time_sees_each_arrival_once() {
        let schedule = schedule(10, None);
        for arrived in 1_001..1_100 {
            let moment = Moment { time: 5, received: Some(arrived) };
            assert_eq!((0..11).filter(|run| schedule.window(*run).sees(&moment, 0)).count(), 1, "{arrived}");
        }
    }
}
