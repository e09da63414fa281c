//! Which columns define the order of a result.

use kql_engine::Engine;

/// The names of the columns that order the last result.
fn order(query: &str) -> String {
    let engine = Engine::builder().build().expect("an engine");
    let query = format!("let T = datatable(A: string, B: long, C: real) ['x', 1, 2.5, 'y', 2, 1.5]; {query}");
    let prepared = engine.prepare(&query).unwrap_or_else(|e| panic!("{query}: {e}"));
    let columns = prepared.schemas().pop().expect("a result").columns;
    let places = prepared.orders().pop().expect("a result");
    places.into_iter().map(|place| columns[place].name.as_str()).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_last_sort_orders_a_result() {
    for (query, expected) in [
        ("T", ""),
        ("T | sort by A", "A"),
        ("T | sort by B asc, A | where B > 0 | extend D = 1 | take 1", "B, A"),
        ("T | top 2 by C", "C"),
        ("T | sort by A | sort by B", "B"),
        ("T | sort by A | project X = A, B", "X"),
        ("T | sort by A, B | project-away A", ""),
        ("T | sort by B, A | project-away A", "B"),
        ("T | sort by A | project-rename X = A", "X"),
        ("T | sort by A | extend A = 'z'", ""),
        ("T | sort by tolower(A)", ""),
        ("T | sort by A | summarize count() by A", ""),
        ("T | sort by A | join kind=inner T on A", ""),
        ("T | sort by A | union T", ""),
        ("T | sort by A | serialize N = row_number()", "A"),
        ("T | sort by A | where B > prev(B)", "A"),
        ("T | top-hitters 1 of A", "approximate_count_A"),
        ("T | partition by A (top 1 by B)", ""),
        ("range B from 1 to 3 step 1", ""),
        ("T | sort by A | mv-apply x = dynamic([1, 2]) to typeof(long) on (sort by x)", ""),
    ] {
        assert_eq!(order(query), expected, "{query}");
    }
}
