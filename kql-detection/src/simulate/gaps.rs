//! Rows that no run of a rule has seen, and why.

use super::outcome::Gaps;
use super::schedule::{Schedule, arrival};
use kql_engine::Moment;

/// Late rows that are shown.
const EXAMPLES: usize = 10;

/// Why the rows of a table were not seen; `suppressed` says for each run whether it was left out.
pub(super) fn gaps(table: &str, moments: &[Moment], schedule: &Schedule, suppressed: &[bool], delay: i64) -> Gaps {
    let mut gaps = Gaps { table: table.to_owned(), ..Gaps::default() };
    // how many runs before each one were not left out
    let mut ran = vec![0_usize];
    let mut count = 0;
    for is_suppressed in suppressed {
        count += usize::from(!is_suppressed);
        ran.push(count);
    }
    let ran_in = |from: usize, to: usize| -> usize {
        let at = |run: usize| ran.get(run.min(schedule.runs)).copied().unwrap_or(count);
        at(to).saturating_sub(at(from))
    };
    for moment in moments {
        let arrived = arrival(moment, delay);
        // the runs whose window has its time, from and to, of which some were before it arrived
        let (from, to) = match schedule.period {
            Some(period) => {
                let after = |time: i64| schedule.first_at(time.saturating_add(1));
                (after(moment.time), after(moment.time.saturating_add(period)))
            }
            None => {
                let own = schedule.first_at(arrived);
                // the first run sees one part of the time before it
                let is_before = arrived <= schedule.first - schedule.frequency;
                (own, if is_before { own } else { own + 1 })
            }
        };
        let (from, to) = (from.min(schedule.runs), to.min(schedule.runs));
        if from >= to {
            let (first, last) = (schedule.window(0), schedule.now(schedule.runs.saturating_sub(1)));
            let is_outside = match (schedule.period, first.times) {
                (Some(_), Some((first, _))) => moment.time < first || moment.time >= last,
                _ => true,
            };
            if is_outside {
                gaps.outside += 1
            } else {
                gaps.between += 1
            }
            continue;
        }
        let arrived_at = schedule.first_at(arrived).max(from);
        if ran_in(arrived_at, to) > 0 {
            gaps.seen += 1;
        } else if arrived_at < to {
            gaps.suppressed += 1;
        } else if to == schedule.runs && schedule.now(schedule.runs.saturating_sub(1)) < arrived {
            // a later run could have seen it
            gaps.outside += 1;
        } else {
            gaps.late += 1;
            if gaps.examples.len() < EXAMPLES {
                gaps.examples.push((moment.time, arrived));
            }
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each run is asked whether it sees each row.
    fn by_trying(moments: &[Moment], schedule: &Schedule, suppressed: &[bool], delay: i64) -> u64 {
        let seen = |moment: &&Moment| {
            (0..schedule.runs).any(|run| !suppressed[run] && schedule.window(run).sees(moment, delay))
        };
        moments.iter().filter(seen).count() as u64
    }

    #[test]
    fn as_many_as_by_trying() {
        let mut state = 12_345_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((state >> 33) % below) as i64
        };
        for round in 0..200 {
            let period = if round % 4 == 0 { None } else { Some(1 + random(40)) };
            let schedule =
                Schedule { frequency: 1 + random(30), period, first: random(100), runs: 1 + random(20) as usize };
            let suppressed: Vec<bool> = (0..schedule.runs).map(|_| random(4) == 0).collect();
            let delay = random(3);
            let moments: Vec<Moment> = (0..200)
                .map(|_| {
                    let time = random(600);
                    Moment { time, received: (random(2) == 0).then(|| time + random(60)) }
                })
                .collect();
            let gaps = gaps("T", &moments, &schedule, &suppressed, delay);
            assert_eq!(gaps.seen, by_trying(&moments, &schedule, &suppressed, delay), "{schedule:?}");
            assert_eq!(gaps.seen + gaps.late + gaps.between + gaps.suppressed + gaps.outside, 200);
        }
    }

    #[test]
    fn why_rows_are_not_seen() {
        let every = Schedule { frequency: 10, period: Some(10), first: 100, runs: 11 };
        let at = |time, received| Moment { time, received };
        let found =
            gaps("T", &[at(105, None), at(105, Some(111)), at(50, None), at(195, None)], &every, &[false; 11], 0);
        assert_eq!((found.seen, found.late, found.outside), (2, 1, 1));
        assert_eq!(found.examples, [(105, 111)]);
        let seldom = Schedule { period: Some(5), ..every };
        assert_eq!(gaps("T", &[at(102, None), at(107, None)], &seldom, &[false; 11], 0).between, 1);
    }
}
