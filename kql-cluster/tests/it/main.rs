//! A scheduler and executors as tasks of this process. `kql-cli/tests/it/cluster.rs` has them as processes.

use kql_cluster::{Cluster, ConnectError, ExecutorSettings, Scheduler, SchedulerSettings, run_executor};
use kql_engine::arrow::array::{Int64Array, RecordBatch, StringArray};
use kql_engine::{Answer, CancellationToken, DataPath, Engine, EngineBuilder, Error, Limits, cell};
use std::fmt::Write;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A cluster of two executors with two slots each, and its runtime.
static CLUSTER: LazyLock<(Runtime, Cluster)> = LazyLock::new(|| {
    let runtime = Runtime::new().expect("a runtime");
    let cluster = runtime.block_on(async {
        let listen = "127.0.0.1:0".parse().expect("an address");
        let scheduler = Scheduler::start(&SchedulerSettings::new(listen)).await.expect("a scheduler");
        let address = scheduler.address.to_string();
        for _ in 0..2 {
            let settings = ExecutorSettings { slots: 2, ..ExecutorSettings::new(&address) };
            tokio::spawn(run_executor(settings, |_| {}));
        }
        let mut tries = 0;
        loop {
            match Cluster::connect(&address).await {
                Ok(cluster) if cluster.executors() == 2 => return cluster,
                found if tries > 50 => panic!("two executors are expected: {found:?}"),
                _ => tokio::time::sleep(Duration::from_millis(200)).await,
            }
            tries += 1;
        }
    });
    (runtime, cluster)
});

/// Files with rows in several formats, each large enough for several partitions.
static DATA: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let events = folder.path().join("Events");
    std::fs::create_dir(&events).expect("a folder");
    for file in 0..6 {
        let mut text = String::new();
        for row in 0..14_000 {
            let id = file * 14_000 + row;
            let _ = writeln!(
                text,
                "{{\"Id\":{id},\"Name\":\"name {} é\",\"Score\":{},\"When\":\"2024-05-0{}T0{}:00:00Z\",\"Tags\":[\"a{}\",\"b\"]}}",
                id % 97,
                f64::from(id) * 0.5,
                1 + id % 7,
                id % 10,
                id % 5,
            );
        }
        std::fs::write(events.join(format!("part-{file}.ndjson")), text).expect("written");
    }
    let mut csv = "Name,Size\n".to_owned();
    (0..200).for_each(|i| csv.push_str(&format!("name {} é,{}\n", i, i * 3)));
    // values that do not fit, and a row that is damaged
    csv.push_str("name 1 é,none\nname 2 é,none\n\"name\",1,2,3\n");
    std::fs::write(folder.path().join("Sizes.csv"), csv).expect("written");
    folder
});

fn settings(partitions: usize) -> EngineBuilder {
    let limits = Limits { partitions, ..Limits::default() };
    let sizes = kql_engine::TableSchema {
        columns: vec![
            kql_engine::Column::new("Name", kql_engine::ScalarType::String),
            kql_engine::Column::new("Size", kql_engine::ScalarType::Long),
        ],
    };
    let builder = Engine::builder().limits(limits).now("2024-05-10").expect("a time").schema("Sizes", sizes);
    let builder = builder.data(DataPath { name: Some("Events".to_owned()), path: DATA.path().join("Events") });
    builder.data(DataPath::parse(&DATA.path().join("Sizes.csv").to_string_lossy()))
}

fn local() -> Engine {
    settings(3).build().expect("an engine")
}

fn clustered() -> Engine {
    settings(2).runner(Arc::new(CLUSTER.1.clone())).build().expect("an engine")
}

/// All rows as text, in order.
fn rows(answer: &Answer) -> Vec<String> {
    let mut lines = Vec::new();
    for table in &answer.tables {
        for batch in &table.batches {
            for row in 0..batch.num_rows() {
                let mut line = String::new();
                for (column, array) in table.schema.columns.iter().zip(batch.columns()) {
                    cell::text(array, column.ty, row, &mut line);
                    line.push('|');
                }
                lines.push(line);
            }
        }
    }
    lines
}

/// Queries whose rows have an order, or are one.
const ORDERED: &[&str] = &[
    "Events | count",
    "Events | where Id % 1000 == 7 | project Id, Name",
    "Events | take 5 | project Id",
    "Events | where Name has '13' | take 7 | project Id, Score",
    "Events | summarize sum(Score), avg(Score), round(stdev(Score), 3), count() by Name | sort by Name asc",
    "Events | summarize make_list(Id, 10), make_set(Name) | project list_Id, array_length(set_Name)",
    "Events | summarize take_any(Id), arg_max(When, Id, Score), arg_min(Score, *) by Name | sort by Name asc | take 20",
    "Events | sort by Score desc | take 20 | project Id",
    "Events | sort by When asc, Id desc | take 15 | project Id, When",
    "Events | sort by Id asc | extend d = Id - prev(Id), n = row_number() | summarize sum(d), max(n)",
    "Events | sort by Name asc, Id asc | extend c = row_cumsum(Id, Name != prev(Name)) | summarize max(c), sum(c)",
    "Events | mv-expand Tags to typeof(string) | summarize count() by Tags | sort by Tags asc",
    "Events | where Id < 500 | join kind=inner (Sizes) on Name | summarize count(), sum(Size)",
    "Events | where Id < 500 | join kind=leftouter (Sizes | where Size < 90) on Name | summarize count(), sum(Size), countif(isnull(Size))",
    "Events | where Id < 500 | join kind=fullouter (Sizes) on Name | summarize count(), sum(Size), countif(isnull(Id))",
    "Events | where Id < 5000 | join kind=leftanti (Sizes | where Size > 60) on Name | summarize count(), min(Id)",
    "Events | where Id < 5000 | join kind=rightsemi (Sizes) on Name | summarize count()",
    "Events | join kind=innerunique (Sizes) on Name | summarize count(), sum(Id)",
    "let names = Events | where Id < 20 | distinct Name; Events | where Name in (names) | summarize count(), sum(Id)",
    "let most = toscalar(Events | summarize max(Score)); Events | where Score > most - 1 | project Id",
    "union (Events | where Id < 3 | extend s='a'), (Events | where Id between (5 .. 7) | extend s='b'), (Sizes | take 2) | sort by s asc, Id asc",
    "union withsource=From Events, Sizes | summarize count() by From | sort by From asc",
    "Events | parse Name with 'name ' Number:long ' ' Rest | summarize sum(Number), dcount(Rest)",
    "Events | summarize percentile(Score, 95), dcount(Name), countif(Id % 2 == 0)",
    "Events | make-series n=count() on When from datetime(2024-05-01) to datetime(2024-05-08) step 1d | project n",
    "range x from 1 to 3 step 1 | join kind=inner (Events | where Id < 5) on $left.x == $right.Id | project x, Name | sort by x asc",
    "Events | where Id < 100 | as small | summarize n=count() | extend m = toscalar(small | count)",
    "Events | distinct Name | sort by Name asc | extend n=row_number() | where n % 10 == 0",
    "Events | partition hint.strategy=native by Name (top 1 by Id) | summarize count(), sum(Id)",
    "Events | where Id < 1000 | project p = bag_pack('q', Id) | evaluate bag_unpack(p) | summarize sum(q)",
    "Events | extend ago = When > ago(8d) | summarize count() by ago | sort by ago asc",
    "union (Events | where Id < 3), (DeviceEvents | where Timestamp > ago(1d) | project Id = ProcessId, Name = tostring(AdditionalFields)) | sort by Id asc",
    "union kind=outer (Events | where Id < 3 | project Id, Name), (print Id = 7, Name = 'x'), (range Id from 8 to 9 step 1), (Events | where false) | sort by Id asc | project Id, Name",
    "Events | where Id < 3 | join kind=leftouter (DeviceEvents | project Name = DeviceName, FileName) on Name | project Id, FileName | sort by Id asc",
    "Events | where Id in (1, 2, 3, 70000) | order by Id desc | serialize p = prev(Id) | project Id, p",
];

#[test]
fn a_cluster_gives_the_same_rows() {
    let (local, clustered) = (local(), clustered());
    let mut wrong = String::new();
    for query in ORDERED {
        let here = local.query(query).unwrap_or_else(|e| panic!("{query}\n{e}"));
        CLUSTER.1.take_jobs();
        match clustered.query(query) {
            Ok(there) => {
                if rows(&here) != rows(&there) {
                    let _ = writeln!(wrong, "{query}\n  here  {:.300?}\n  there {:.300?}", rows(&here), rows(&there));
                }
                if here.notices != there.notices {
                    let _ = writeln!(wrong, "{query}\n  here  {:?}\n  there {:?}", here.notices, there.notices);
                }
            }
            Err(error) => {
                let _ = writeln!(wrong, "{query}\n  {error}");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn work_is_done_by_several_partitions() {
    CLUSTER.1.take_jobs();
    clustered().query("Events | where Id % 7 == 1 | summarize count() by Name").expect("rows");
    let jobs = CLUSTER.1.take_jobs();
    let stages: Vec<u32> = jobs.iter().flat_map(|job| &job.stages).map(|stage| stage.partitions).collect();
    assert!(stages.iter().any(|partitions| *partitions >= 4), "{stages:?}");
}

#[test]
fn what_executors_find_out_about_files_is_reported() {
    let answer = clustered().query("Sizes | summarize sum(Size)").expect("a row");
    let here = local().query("Sizes | summarize sum(Size)").expect("a row");
    assert_eq!(answer.notices, here.notices);
    let notices = answer.notices.join("\n");
    assert!(notices.contains("2 values do not fit the column Size (long)"), "{notices}");
    assert!(notices.contains("1 row was skipped"), "{notices}");
}

#[test]
fn rows_of_the_client_travel_with_the_plan() {
    let names = StringArray::from(vec!["name 3 é", "name 5 é"]);
    let batch = RecordBatch::try_from_iter([("Name", Arc::new(names) as _)]).expect("a batch");
    let query = "Events | where Id < 1000 | join kind=inner (Watch) on Name | summarize count(), sum(Id)";
    let with = |builder: EngineBuilder| {
        let engine = builder.table("Watch", vec![batch.clone()]).expect("a table").build().expect("an engine");
        rows(&engine.query(query).expect("a row"))
    };
    assert_eq!(with(settings(2)), with(settings(2).runner(Arc::new(CLUSTER.1.clone()))));
}

#[test]
fn too_many_rows_of_the_client_are_refused() {
    let numbers = Int64Array::from_iter_values(0..9_000_000);
    let batch = RecordBatch::try_from_iter([("Id", Arc::new(numbers) as _)]).expect("a batch");
    let builder = settings(2).table("Large", vec![batch]).expect("a table");
    let engine = builder.runner(Arc::new(CLUSTER.1.clone())).build().expect("an engine");
    let error = engine.query("Events | join kind=inner (Large) on Id | count").expect_err("too much");
    assert!(error.to_string().contains("64 MB of rows can be sent to a cluster"), "{error}");
    // in this process there is no such limit
    assert_eq!(rows(&engine.query("Large | count").expect("a row")), ["9000000|"]);
}

#[test]
fn errors_of_a_run_are_those_of_one_process() {
    let query = "Events | where Id == 5 | extend x = assert(Id < 2, 'too large') | project x";
    let (here, there) = (local().query(query), clustered().query(query));
    let (Err(here), Err(there)) = (here, there) else { panic!("errors are expected") };
    assert_eq!(here.to_string(), there.to_string());
}

#[test]
fn a_file_that_is_gone_is_named_with_its_host() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("Gone.ndjson");
    std::fs::write(&path, "{\"a\":1}\n{\"a\":2}\n").expect("written");
    let builder = Engine::builder().data(DataPath::parse(&path.to_string_lossy()));
    let engine = builder.runner(Arc::new(CLUSTER.1.clone())).build().expect("an engine");
    let prepared = engine.prepare("Gone | count").expect("a query");
    let streams = prepared.stream(&CancellationToken::new()).expect("streams");
    std::fs::remove_file(&path).expect("removed");
    let mut found = Ok(());
    for stream in streams {
        found = stream.batches().try_for_each(|batch| batch.map(|_| ()));
    }
    let error = found.expect_err("the file is gone").to_string();
    assert!(error.contains("Gone.ndjson") && error.contains("host"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn a_stream_that_is_dropped_frees_the_executors() {
    let engine = clustered();
    let slow =
        "Events | extend x = Id % 3 | join kind=inner (Events | extend x = Id % 3) on x | summarize count() by Id, Id1";
    let cancel = CancellationToken::new();
    let mut run = engine.start(slow, &cancel).expect("it starts");
    let stopper = cancel.clone();
    let waiting = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(2));
        stopper.cancel();
    });
    for stream in run.take_streams() {
        let ended = stream.batches().find_map(Result::err);
        assert!(matches!(ended, Some(Error::Interrupted)), "{ended:?}");
    }
    waiting.join().expect("it waits");
    let begun = Instant::now();
    assert_eq!(rows(&engine.query("Events | where Id < 10 | count").expect("a row")), ["10|"]);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn addresses_without_a_scheduler() {
    let connect = |address: &str| Cluster::connect_blocking(address).expect_err("no scheduler");
    assert!(matches!(connect("127.0.0.1:1"), ConnectError::Unreachable { .. }));
    assert!(matches!(connect("nowhere"), ConnectError::Address(_)));
    // something else listens
    let other = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = other.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        while let Ok((connection, _)) = other.accept() {
            drop(connection)
        }
    });
    let error = connect(&address);
    assert!(matches!(error, ConnectError::Unreachable { .. } | ConnectError::NoScheduler { .. }), "{error}");
    let lonely = CLUSTER.0.block_on(async {
        let listen = "127.0.0.1:0".parse().expect("an address");
        Scheduler::start(&SchedulerSettings::new(listen)).await.expect("a scheduler").address
    });
    assert!(matches!(connect(&lonely.to_string()), ConnectError::NoExecutors(_)));
}

#[test]
fn stages_are_known_before_a_run() {
    let engine = clustered();
    let prepared = engine.prepare("Events | summarize count() by Name | top 3 by count_").expect("a query");
    let streams = prepared.stream(&CancellationToken::new()).expect("streams");
    let plan = streams.first().and_then(|stream| stream.plan()).expect("a plan");
    let stages = CLUSTER.1.stages(plan).expect("stages").expect("it reads files");
    assert!(stages.len() >= 2, "{stages:?}");
    let text: String = stages.iter().map(ToString::to_string).collect();
    assert!(text.contains("AggregateExec"), "{text}");
}
