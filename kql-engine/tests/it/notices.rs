//! What a run has to say about the values it met: each sentence once, and only where there is something to say.

use kql_engine::Engine;

/// The notices of a query that names no table.
fn notices(query: &str) -> Vec<String> {
    let engine = Engine::builder().build().expect("an engine");
    engine.query(query).unwrap_or_else(|e| panic!("{query}: {e}")).notices
}

#[test]
fn choices_are_told_where_they_are_made() {
    let unaligned = "datatable(id: long, at: long) [1, 4, 2, 15] | evaluate activity_counts_metrics(id, at, 3, 30, 10)";
    let periods =
        "datatable(id: long, at: long) [1, 4, 2, 15] | evaluate active_users_count(id, at, 3, 30, 10, 5, 1, 10)";
    let cohorts = "datatable(id: long, at: long) [1, 4, 1, 15] | evaluate new_activity_metrics(id, at, 0, 19, 10)";
    let gaps = "datatable(v: long, at: long) [1, 0, 2, 30] | evaluate rolling_percentile(v, 50, at, 10, 2)";
    let ties = "datatable(at: datetime, s: string) [datetime(2024-01-01), 'a', datetime(2024-01-01), 'b'] \
                | evaluate sequence_detect(at, 1h, 1h, one = s == 'a', two = s == 'b')";
    let waves = "range t from 0 to 259 step 1 | summarize y = make_list(100 * toint(t % 10 == 0) + 114 * toint(t % 13 == 0)) \
                 | project series_periods_detect(y, 8, 15, 2)";
    let season = "datatable(k: long) [1, 2, 3] | extend y = dynamic([1, 2, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2]) \
                  | project series_decompose(y, -1, 'avg', 0, 0.99)";
    for (query, subject) in [
        (unaligned, "activity_counts_metrics(): the windows begin at Start"),
        (periods, "active_users_count(): the windows begin at Start"),
        (cohorts, "new_activity_metrics(): a window without new users"),
        (gaps, "rolling_percentile(): bins without rows"),
        (ties, "sequence_detect(): two steps have the same time"),
        (waves, "series_periods_detect(): two periods"),
        (season, "series_decompose(): the period of a series"),
    ] {
        let told = notices(query);
        assert_eq!(told.len(), 1, "{query}: {told:?}");
        assert!(told[0].starts_with(subject), "{query}: {told:?}");
    }
}

#[test]
fn nothing_is_told_where_nothing_was_chosen() {
    for query in [
        "datatable(id: long, at: long) [1, 4, 2, 15] | evaluate activity_counts_metrics(id, at, 10, 30, 10)",
        "datatable(id: long, at: long) [1, 4, 2, 15] | evaluate new_activity_metrics(id, at, 0, 19, 10)",
        "datatable(v: long, at: long) [1, 0, 2, 10] | evaluate rolling_percentile(v, 50, at, 10, 2)",
        "range t from 0 to 59 step 1 | summarize y = make_list(t % 6) | project series_seasonal(y)",
        "range t from 0 to 59 step 1 | summarize y = make_list(t % 6) | project series_decompose(y, 7)",
        "range t from 0 to 59 step 1 | summarize y = make_list(t % 6) | project series_periods_detect(y, 4, 30, 1)",
    ] {
        assert_eq!(notices(query), [""; 0], "{query}");
    }
}
