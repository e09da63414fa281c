use super::terminal::{Screen, draw};
use super::*;
use kql_engine::Engine;

fn table(query: &str) -> Excerpt {
    let engine = Engine::builder().build().expect("an engine");
    let mut answer = engine.query(query).unwrap_or_else(|e| panic!("{query}: {e}"));
    answer.tables.swap_remove(0).into()
}

fn chart(query: &str) -> Chart {
    Chart::of(&table(query)).expect("a render").unwrap_or_else(|e| panic!("{query}: {e}"))
}

fn plot(query: &str) -> Plot {
    match chart(query).drawing {
        Drawing::Plot(plot) => plot,
        other => panic!("{other:?}"),
    }
}

/// A name, and the points.
type Shape = (String, Vec<(f64, Option<f64>)>);

fn shape(plot: &Plot) -> Vec<Shape> {
    plot.series.iter().map(|s| (s.name.clone(), s.points.iter().map(|p| (p.x, p.y)).collect())).collect()
}

fn on_screen(query: &str) -> String {
    draw(&chart(query), Screen { width: 72, colour: false })
}

const LOGONS: &str = "datatable(Account: string, Time: datetime, Count: long, Failed: long) [
    'ann', datetime(2024-05-01), 5, 1, 'bob', datetime(2024-05-01), 2, 0,
    'ann', datetime(2024-05-02), 8, 3, 'bob', datetime(2024-05-02), 4, 2,
    'ann', datetime(2024-05-03), 3, 1, 'bob', datetime(2024-05-03), 9, 7]";

#[test]
fn which_column_is_what() {
    // the first datetime is x, texts name series, numbers are values
    let time = plot(&format!("{LOGONS} | project Account, Time, Count | render timechart"));
    assert_eq!(time.x_title, "Time");
    assert_eq!(time.y.title, "Count");
    let names: Vec<&str> = time.series.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["ann", "bob"]);
    // several value columns
    let both = plot(&format!("{LOGONS} | render timechart"));
    let names: Vec<&str> = both.series.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["ann: Count", "ann: Failed", "bob: Count", "bob: Failed"]);
    // in a column chart the first column is x, unless properties say otherwise
    let columns = plot("print a = 'x', b = 1, c = 2 | render columnchart");
    assert_eq!(columns.x, Positions::Categories(vec!["x".to_owned()], None));
    let named = plot("print a = 1, b = 'x', c = 2 | render columnchart with (xcolumn = b, ycolumns = c, title = 'T')");
    assert_eq!(named.x, Positions::Categories(vec!["x".to_owned()], None));
    assert_eq!(shape(&named), [("c".to_owned(), vec![(0.0, Some(2.0))])]);
}

#[test]
fn several_names_of_a_property() {
    let result = table("print a = 1, b = 2, c = 3, d = 'x'");
    let properties = [("ycolumns".to_owned(), "b, c".to_owned()), ("series".to_owned(), "d".to_owned())];
    let chart = Chart::new("linechart", &Properties::new(&properties), &result).expect("a chart");
    let Drawing::Plot(plot) = chart.drawing else { panic!("no plot") };
    let names: Vec<&str> = plot.series.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["x: b", "x: c"]);
}

#[test]
fn arrays_of_make_series_are_spread() {
    let series = plot(
        "range t from datetime(2024-01-01) to datetime(2024-01-04) step 1d | extend k = 'a'
         | make-series n = count() on t from datetime(2024-01-01) to datetime(2024-01-05) step 1d by k | render timechart",
    );
    assert_eq!(series.series.len(), 1);
    assert_eq!(series.series[0].name, "a");
    assert_eq!(series.series[0].points.len(), 4);
    assert!(matches!(series.x, Positions::Continuous(Unit::Time(_))));
}

#[test]
fn stacked() {
    let of = |kind: &str| {
        let plot = plot(&format!("{LOGONS} | project Time, Account, Count | render areachart with (kind = {kind})"));
        let second = &plot.series[1].points[0];
        (second.base, second.y)
    };
    assert_eq!(of("unstacked"), (0.0, Some(2.0)));
    assert_eq!(of("stacked"), (5.0, Some(7.0)));
    let (base, top) = of("stacked100");
    assert!((base - 500.0 / 7.0).abs() < 1e-9 && (top.unwrap_or(0.0) - 100.0).abs() < 1e-9);
    // negative values are stacked below zero
    let plot = plot(
        "datatable(x: string, s: string, v: long) ['a', 'p', 3, 'a', 'q', -2, 'a', 'r', -4] | render columnchart with (kind = stacked)",
    );
    let ends: Vec<(f64, Option<f64>)> = plot.series.iter().map(|s| (s.points[0].base, s.points[0].y)).collect();
    assert_eq!(ends, [(0.0, Some(3.0)), (0.0, Some(-2.0)), (-2.0, Some(-6.0))]);
}

#[test]
fn gaps_sums_and_logarithms() {
    let gap = plot("datatable(x: long, y: real) [1, 1.0, 2, real(null), 3, real(nan), 4, 2.0] | render linechart");
    let ys: Vec<Option<f64>> = gap.series[0].points.iter().map(|p| p.y).collect();
    assert_eq!(ys, [Some(1.0), None, None, Some(2.0)]);
    let sum = plot("datatable(x: string, y: long) ['a', 1, 'b', 5, 'a', 2] | render barchart");
    assert_eq!(shape(&sum), [("y".to_owned(), vec![(0.0, Some(3.0)), (1.0, Some(5.0))])]);
    let all = plot("range x from 1 to 4 step 1 | extend y = x | render linechart with (accumulate = true)");
    assert_eq!(all.series[0].points[3].y, Some(10.0));
    let log = chart("range x from 0 to 3 step 1 | extend y = x * 10 | render linechart with (yaxis = log)");
    assert_eq!(log.notes, ["a logarithmic axis shows only what is above zero: 1 value not drawn"]);
}

#[test]
fn what_is_not_drawn() {
    let reason = |query: &str| Chart::of(&table(query)).expect("a render").expect_err("no chart").to_string();
    let reasons = [
        "print t = now(), a = 'x' | render timechart",
        "print a = 'x' | render timechart",
        "print a = 1 | render treemap",
        "print a = 1 | render columnchart with (xcolumn = b)",
        "print a = 1, b = 2 | render scatterchart with (kind = map)",
    ]
    .map(reason);
    insta::assert_snapshot!(reasons.join("\n"));
    assert!(Chart::of(&table("print a = 1 | render table")).is_none());
    assert!(Chart::of(&table("print a = 1")).is_none());
}

#[test]
fn no_rows() {
    for kind in ["timechart", "linechart", "columnchart", "barchart", "piechart", "areachart", "scatterchart", "card"] {
        let chart = chart(&format!("{LOGONS} | where Count > 100 | render {kind}"));
        assert!(chart.is_empty(), "{kind}");
        assert!(svg::draw(&chart, 1).contains(">no rows</text>"), "{kind}");
        assert_eq!(draw(&chart, Screen { width: 40, colour: false }), "no rows\n");
    }
}

#[test]
fn odd_values_draw() {
    let queries = [
        "print x = 1, y = 2 | render linechart",
        "print t = datetime(2024-01-01), y = 0 | render timechart",
        "print x = 'a', y = -5 | render columnchart",
        "print x = 'a', y = -5 | render barchart",
        "print x = real(+inf), y = real(-inf) | render scatterchart",
        "print x = 1.7e308, y = -1.7e308 | union (print x = -1.7e308, y = 1.7e308) | render scatterchart",
        "datatable(t: datetime, y: long) [datetime(0001-01-01), 1, datetime(9999-12-31 23:59:59.9999999), 2, datetime(null), 3] | render timechart",
        "range x from 1 to 500 step 1 | extend s = tostring(x), y = x % 7 | render columnchart",
        "range x from 1 to 500 step 1 | extend s = tostring(x), y = x % 7 | project s, y | render barchart",
        "range x from 1 to 300 step 1 | extend s = strcat('series ', x), y = x % 7 | render linechart",
        "range x from 1 to 300 step 1 | project s = strcat('slice ', x), y = x | render piechart",
        "print s = 'only', y = 5 | render piechart",
        "print s = strcat('long ', strrep('x', 500)), y = 5 | render barchart",
        "print s = '', y = 5 | render columnchart with (kind = stacked100, ymin = 10, ymax = 5)",
        "print x = 5m, y = 2h | render linechart",
        "print x = 0, y = 0 | render linechart with (xaxis = log, yaxis = log)",
        "print a = 1, b = 'two', c = datetime(2024-01-01) | render card",
        "range x from 1 to 50 step 1 | extend y = x * x | render linechart with (yaxis = log, ymin = 2)",
    ];
    for query in queries {
        let chart = chart(query);
        let drawn = svg::draw(&chart, 1);
        assert!(drawn.starts_with("<svg ") && drawn.ends_with("</svg>\n"), "{query}");
        assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{query}\n{drawn}");
        for width in [20, 80] {
            let text = draw(&chart, Screen { width, colour: true });
            assert!(!text.is_empty(), "{query}");
        }
    }
}

#[test]
fn lines_on_a_terminal() {
    insta::assert_snapshot!(on_screen(&format!(
        "{LOGONS} | project Time, Account, Count | render timechart with (title = 'Logons a day')"
    )));
}

#[test]
fn columns_on_a_terminal() {
    insta::assert_snapshot!(on_screen(&format!(
        "{LOGONS} | summarize sum(Count), sum(Failed) by Account | render columnchart"
    )));
}

#[test]
fn bars_on_a_terminal() {
    insta::assert_snapshot!(on_screen(
        "datatable(Country: string, Delta: long) ['Norway', 12, 'Chile', -7, 'a country with a very long name', 3] | render barchart"
    ));
}

#[test]
fn stacks_on_a_terminal() {
    insta::assert_snapshot!(on_screen(&format!(
        "{LOGONS} | project Time, Account, Count | render columnchart with (kind = stacked)"
    )));
}

#[test]
fn a_pie_on_a_terminal() {
    insta::assert_snapshot!(on_screen(&format!("{LOGONS} | summarize sum(Count) by Account | render piechart")));
}

#[test]
fn an_area_on_a_terminal() {
    insta::assert_snapshot!(on_screen("range x from 0 to 20 step 1 | extend y = 10 - abs(10 - x) | render areachart"));
}
