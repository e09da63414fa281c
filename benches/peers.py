#!/usr/bin/env python3
"""The same questions to kql, DuckDB and Polars over the same generated process events.

    cargo build --release -p kql-cli
    cargo run --release -p bench-events -- EVENTS 2000000
    python3 benches/peers.py --kql target/release/kql EVENTS

Each answer comes from a process of its own, so that start-up, memory and time are those of a user: seconds of the best run,
seconds of processor time of that run, and the peak of resident memory. All have two processors. A peer that is not installed
(`pip install duckdb polars`) is left out. The answers' row counts are compared.
"""
import argparse
import glob
import importlib.util
import json
import os
import resource
import subprocess
import sys
import time

NOW = "2026-03-10T12:00:00Z"
CMDLETS = ["Search-Mailbox", "Set-InboxRule", "New-TransportRule", "Remove-MoveRequest", "Remove-MailboxExportRequest",
           "Remove-MailboxImportRequest", "New-ComplianceSearchAction", "Set-MailboxMessageConfiguration",
           "Remove-TransportRule", "Set-TransportRule", "Disable-TransportRule", "Remove-InboxRule", "New-InboxRule",
           "Remove-RecoverableItemsCleanup"]
TERMS = "(?i)\\b(" + "|".join(CMDLETS) + ")\\b"
LIST = ", ".join(f"'{c}'" for c in CMDLETS)
NINE = ["Timestamp", "DeviceName", "AccountName", "FileName", "ProcessCommandLine", "InitiatingProcessFileName",
        "InitiatingProcessCommandLine", "FolderPath", "SHA256"]
WIDE = ["Timestamp", "DeviceName", "AccountName", "FileName", "FolderPath", "SHA256", "ProcessCommandLine"]


def duck_branch(days):
    return (f"SELECT {', '.join(NINE)} FROM T WHERE Timestamp > TIMESTAMPTZ '{NOW}' - INTERVAL {days} DAY AND lower(FileName) IN "
            f"('powershell.exe', 'pwsh.exe') AND regexp_matches(ProcessCommandLine, '{TERMS}')")


def polars_branch(days):
    def run(pl, t):
        from datetime import datetime, timedelta, timezone
        since = datetime(2026, 3, 10, 12, tzinfo=timezone.utc) - timedelta(days=days)
        return (t.filter(pl.col("Timestamp") > since)
                .filter(pl.col("FileName").str.to_lowercase().is_in(["powershell.exe", "pwsh.exe"]))
                .filter(pl.col("ProcessCommandLine").str.contains(TERMS)).select(NINE))
    return run


def kql_branch(days):
    return (f"DeviceProcessEvents | where Timestamp > ago({days}d) | where FileName in~ ('powershell.exe', 'pwsh.exe') "
            f"| where ProcessCommandLine has_any ({LIST}) | project {', '.join(NINE)}")


# name, kql, DuckDB's SQL over T, Polars over t, formats
QUESTIONS = [
    ("14-term has_any, count", f"DeviceProcessEvents | where ProcessCommandLine has_any ({LIST}) | count",
     f"SELECT count(*) FROM T WHERE regexp_matches(ProcessCommandLine, '{TERMS}')",
     lambda pl, t: t.filter(pl.col("ProcessCommandLine").str.contains(TERMS)).select(pl.len()), ["parquet"]),
    ("first branch, 24 h", kql_branch(1), duck_branch(1), polars_branch(1), ["parquet", "ndjson", "csv"]),
    ("first branch, 7 d", kql_branch(7), duck_branch(7), polars_branch(7), ["parquet"]),
    ("count by hour", "DeviceProcessEvents | summarize count() by bin(Timestamp, 1h)",
     "SELECT time_bucket(INTERVAL 1 HOUR, Timestamp) h, count(*) FROM T GROUP BY 1",
     lambda pl, t: t.group_by(pl.col("Timestamp").dt.truncate("1h")).len(), ["parquet", "ndjson", "csv"]),
    ("count, dcount by hour, file",
     "DeviceProcessEvents | summarize count(), dcount(DeviceName) by bin(Timestamp, 1h), FileName",
     "SELECT time_bucket(INTERVAL 1 HOUR, Timestamp) h, FileName, count(*), approx_count_distinct(DeviceName) FROM T GROUP BY 1, 2",
     lambda pl, t: t.group_by(pl.col("Timestamp").dt.truncate("1h"), "FileName")
     .agg(pl.len(), pl.col("DeviceName").approx_n_unique()), ["parquet"]),
    ("arg_max, 2,000 groups",
     f"DeviceProcessEvents | project DeviceId, {', '.join(WIDE)} | summarize arg_max(Timestamp, *) by DeviceId",
     "SELECT DeviceId, max(Timestamp), " + ", ".join(f"arg_max({c}, Timestamp)" for c in WIDE[1:]) + " FROM T GROUP BY 1",
     lambda pl, t: t.group_by("DeviceId").agg([pl.col(c).get(pl.col("Timestamp").arg_max()) for c in WIDE]), ["parquet"]),
    ("make_set, 2,000 groups", "DeviceProcessEvents | summarize make_set(FileName) by DeviceId",
     "SELECT DeviceId, list(DISTINCT FileName) FROM T GROUP BY 1",
     lambda pl, t: t.group_by("DeviceId").agg(pl.col("FileName").unique()), ["parquet"]),
    ("join of two filtered sets",
     "DeviceProcessEvents | where FileName == 'pwsh.exe' | project SHA1, Left = ProcessId | join kind=inner "
     "(DeviceProcessEvents | where FileName == 'cmd.exe' | project SHA1, Right = ProcessId) on SHA1 | count",
     "SELECT count(*) FROM (SELECT SHA1, ProcessId FROM T WHERE FileName = 'pwsh.exe') a JOIN "
     "(SELECT SHA1, ProcessId FROM T WHERE FileName = 'cmd.exe') b USING (SHA1)",
     lambda pl, t: t.filter(pl.col("FileName") == "pwsh.exe").select("SHA1", "ProcessId")
     .join(t.filter(pl.col("FileName") == "cmd.exe").select("SHA1", pl.col("ProcessId").alias("Right")), on="SHA1")
     .select(pl.len()), ["parquet"]),
    ("top 100 by time", f"DeviceProcessEvents | project {', '.join(WIDE)} | top 100 by Timestamp",
     f"SELECT {', '.join(WIDE)} FROM T ORDER BY Timestamp DESC LIMIT 100",
     lambda pl, t: t.select(WIDE).top_k(100, by="Timestamp"), ["parquet"]),
    ("top 100, unsorted column", f"DeviceProcessEvents | project {', '.join(WIDE)} | top 100 by SHA256",
     f"SELECT {', '.join(WIDE)} FROM T ORDER BY SHA256 DESC LIMIT 100",
     lambda pl, t: t.select(WIDE).top_k(100, by="SHA256"), ["parquet"]),
    ("four columns of forty", "DeviceProcessEvents | where ProcessId == 4242 | project Timestamp, DeviceName, FileName, ProcessId",
     "SELECT Timestamp, DeviceName, FileName, ProcessId FROM T WHERE ProcessId = 4242",
     lambda pl, t: t.filter(pl.col("ProcessId") == 4242).select("Timestamp", "DeviceName", "FileName", "ProcessId"),
     ["parquet", "ndjson", "csv"]),
]


def peer(engine, question, kind, path):
    """Runs one question in this process and prints how many rows it gives."""
    _, _, sql, frame, _ = QUESTIONS[question]
    if engine == "duckdb":
        import duckdb
        connection = duckdb.connect(config={"threads": 2})
        connection.execute("SET TimeZone = 'UTC'")
        if kind == "parquet":
            source = f"read_parquet('{path}')"
        elif kind == "csv":
            source = f"read_csv('{path}', header = true)"
        else:
            source = f"read_ndjson('{path}')"
        print(len(connection.execute(sql.replace("FROM T", f"FROM {source}")).fetchall()))
    else:
        os.environ["POLARS_MAX_THREADS"] = "2"
        import polars as pl
        if kind == "parquet":
            table = pl.scan_parquet(path)
        elif kind == "csv":
            table = pl.scan_csv(path, try_parse_dates=True)
        else:
            table = pl.scan_ndjson(path).with_columns(pl.col("Timestamp").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_zone="UTC"))
        if kind == "csv" and table.collect_schema()["Timestamp"] == pl.Datetime("us"):
            table = table.with_columns(pl.col("Timestamp").dt.replace_time_zone("UTC"))
        try:
            result = frame(pl, table).collect(engine="streaming")
        except TypeError:
            result = frame(pl, table).collect()
        print(result.height)


def measured(command, rows_of):
    """Seconds, processor seconds and peak megabytes of a process, and the rows it gives."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.time()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = process.communicate()
    seconds = time.time() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode != 0:
        return None, err.strip().splitlines()[-1:] or ["failed"]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (seconds, cpu), rows_of(out)


def peak(command):
    """The peak of a process's resident memory, in megabytes: a small parent has no other child."""
    code = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); "
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)")
    return int(subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True).stdout or 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="where the generated events are")
    parser.add_argument("--kql", required=True, help="the kql binary")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="a part of a question's name")
    parser.add_argument("--format", default="", help="parquet, ndjson or csv")
    parser.add_argument("--peer", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        engine, question, kind = arguments.peer
        return peer(engine, int(question), kind, arguments.folder)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    peers = [name for name in ("duckdb", "polars") if importlib.util.find_spec(name)]
    print(f"two processors; best of {arguments.runs} processes: seconds (processor seconds, peak MB)")
    print(f"{'':28} {'':8} {'kql':>24} " + " ".join(f"{name:>24}" for name in peers) + f" {'times as fast as the best':>26}")
    for n, (name, query, _, _, kinds) in enumerate(QUESTIONS):
        for kind in kinds:
            if arguments.only not in name or arguments.format not in kind:
                continue
            found = glob.glob(os.path.join(arguments.folder, f"{kind}-*", f"*.{kind}"))
            if not found:
                continue
            path = max(found, key=os.path.getsize)
            commands = {"kql": [arguments.kql, "run", "--data", path, "--now", NOW, "--format", "ndjson", "-q", query]}
            for engine in peers:
                commands[engine] = [sys.executable, __file__, "--kql", "-", path, "--peer", engine, str(n), kind]
            cells, best, counts = [], {}, {}
            for engine, command in commands.items():
                rows_of = (lambda out: out.count("\n")) if engine == "kql" else int
                results = [measured(command, rows_of) for _ in range(arguments.runs)]
                good = [(times, rows) for times, rows in results if times]
                if not good:
                    cells.append(f"{results[0][1][0][:24]:>24}")
                    continue
                (seconds, cpu), counts[engine] = min(good, key=lambda r: r[0])
                best[engine] = seconds
                cells.append(f"{seconds:8.3f} ({cpu:6.2f}, {peak(command):5d})")
            others = [seconds for engine, seconds in best.items() if engine != "kql"]
            ratio = f"{min(others) / best['kql']:26.2f}" if others and "kql" in best else f"{'':26}"
            differ = "" if len(set(counts.values())) <= 1 else f"  rows differ: {json.dumps(counts)}"
            print(f"{name:28} {kind:8} " + " ".join(f"{cell:>24}" for cell in cells) + f" {ratio}{differ}", flush=True)


if __name__ == "__main__":
    main()
