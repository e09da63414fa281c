//! Descriptions of the events of the channel Security, as the agent writes them into `Activity`.
//!
//! `activities.txt` has one line per event, with its number and the first line of its message. The source is Appendix L,
//! "Events to Monitor", of Microsoft's documentation of Windows Server, and its page about each event, if there is one.

static ACTIVITIES: &str = include_str!("activities.txt");

/// The first line of an event's message.
pub(super) fn of(id: i64) -> Option<&'static str> {
    // a few hundred short lines: a search costs less than building the row
    let id = id.to_string();
    ACTIVITIES.lines().find_map(|line| line.strip_prefix(id.as_str())?.strip_prefix(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_an_event_once() {
        let ids: Vec<i64> = ACTIVITIES.lines().filter_map(|line| line.split_once(' ')?.0.parse().ok()).collect();
        assert_eq!(ids.len(), ACTIVITIES.lines().count());
        assert!(ids.array_windows().all(|[a, b]| a < b), "in order, each once");
        assert_eq!(of(4670), Some("Permissions on an object were changed."));
        assert_eq!(of(4741), Some("A computer account was created."));
        assert_eq!((of(467), of(46701)), (None, None));
    }
}
