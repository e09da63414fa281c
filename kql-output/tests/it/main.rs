//! Results as they are written: while they come, in order, until nobody reads them.

use kql_engine::{CancellationToken, Engine, Limits};
use kql_output::{Error, Excerpt, Format, Options, Screen};
use std::io::{ErrorKind, Write};

/// Every format, with a terminal and without.
fn formats() -> Vec<(Format, Options)> {
    let screen = Some(Screen { width: 80, colour: false });
    Format::all().flat_map(|format| [(format, Options::default()), (format, Options { screen })]).collect()
}

fn written(
    query: &str,
    format: Format,
    options: &Options,
    out: &mut (impl Write + Send),
) -> Result<Vec<String>, Error> {
    let limits = Limits { batch_size: 100, ..Limits::default() };
    let engine = Engine::builder().limits(limits).build().expect("an engine");
    let mut run = engine.start(query, &CancellationToken::new())?;
    kql_output::write(run.take_streams(), format, out, options)
}

/// Output that is closed after some bytes.
struct Closed {
    left: usize,
}

impl Write for Closed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let taken = bytes.len().min(self.left);
        self.left -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_closed_output_is_told_from_other_errors() {
    for (format, options) in formats() {
        for left in [0, 10] {
            let query = "range x from 1 to 1000 step 1 | extend t = datetime(2024-01-01) + x * 1s | render timechart";
            let error = written(query, format, &options, &mut Closed { left }).expect_err("the output is closed");
            assert!(error.is_closed(), "{format} {options:?}: {error}");
        }
    }
}

/// A result that never ends, written to an output that is closed soon, ends only where rows are written while they come.
#[test]
fn rows_are_written_while_they_come() {
    for format in [Format::Csv, Format::Ndjson, Format::Json, Format::Markdown, Format::Arrow] {
        let query = "range x from 1 to 9000000000000000 step 1 | extend y = x * 2";
        let error = written(query, format, &Options::default(), &mut Closed { left: 5000 });
        assert!(error.expect_err("the output is closed").is_closed(), "{format}");
    }
}

#[test]
fn results_stay_in_the_order_of_the_query() {
    let mut all = String::new();
    for format in [Format::Table, Format::Csv, Format::Ndjson, Format::Json, Format::Markdown] {
        let query = "range x from 1 to 3 step 1 | fork (where x > 2) (where x < 2 | extend d = datetime(2024-01-01)) (count); print 'b'";
        let mut out = Vec::new();
        let notices = written(query, format, &Options::default(), &mut out).expect("written");
        assert!(notices.is_empty());
        all.push_str(&format!("--- {format}\n{}", String::from_utf8_lossy(&out)));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_file_of_one_table_refuses_two() {
    for format in [Format::Parquet, Format::Arrow] {
        let error = written("print 1; print 2", format, &Options::default(), &mut Vec::new());
        assert!(matches!(error, Err(Error::SeveralResults { count: 2, .. })), "{format}");
    }
}

/// The error of a row ends the output, and is the query's own.
#[test]
fn an_error_among_the_rows_is_the_queries() {
    let query = "datatable(n: long) [1, 1, 2] | sort by n asc | extend row_rank(n) | render timechart";
    for (format, options) in formats() {
        let error = written(query, format, &options, &mut Vec::new());
        assert!(matches!(error, Err(Error::Query(kql_engine::Error::Run(_)))), "{format}: {error:?}");
    }
}

#[test]
fn fragments_stay_within_their_page() {
    let engine = Engine::builder().build().expect("an engine");
    let answer = engine
        .query("range n from 1 to 5 step 1 | extend y = n * n, s = '<i>' | render linechart with (ycolumns = y)")
        .expect("an answer");
    let excerpts: Vec<Excerpt> = answer.tables.into_iter().map(Excerpt::from).collect();
    let html = kql_output::fragment(&excerpts, 3, 7).expect("a fragment");
    assert!(
        html.contains("5 rows, the first 3 shown") && html.contains("&lt;i&gt;") && html.contains("<svg"),
        "{html}"
    );
    let style = html.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).expect("a style");
    let selectors = style.split('}').filter_map(|rule| rule.split_once('{')).flat_map(|(names, _)| names.split(','));
    let outside: Vec<&str> = selectors.filter(|name| !name.trim().starts_with(".kql")).collect();
    assert!(outside.is_empty(), "{outside:?}");
    assert_ne!(html, kql_output::fragment(&excerpts, 3, 8).expect("a fragment"));
}

#[test]
fn findings_are_drawn() {
    let text = "print ä = x\n| where yy";
    let Err(kql_engine::Error::Query(found)) = Engine::builder().build().expect("an engine").query(text) else {
        panic!("the query is wrong");
    };
    insta::assert_snapshot!(kql_output::diagnostics::render(text, "q.kql", &found, false));
    assert!(kql_output::diagnostics::render(text, "q.kql", &found, true).contains('\u{1b}'));
    let many: Vec<_> = found.iter().cycle().take(60).cloned().collect();
    assert!(
        kql_output::diagnostics::render(text, "q.kql", &many, false)
            .ends_with("note: 10 more findings are not shown\n")
    );
}
