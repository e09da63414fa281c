#!/usr/bin/env python3
"""The questions of peers.py to the Python package, duckdb-kql and chdb, over one table in memory: as a pandas frame and as
an Arrow table.

    cargo run --release -p bench-events -- EVENTS 2000000
    pip install ./kql-python pandas pyarrow duckdb duckdb-kql chdb
    python3 benches/frames.py EVENTS

All run in this process, one after the other, with two processors; each answer is read as an Arrow table. Prints the seconds of
the best run, and how many times as fast kql is as the best of the others. duckdb-kql gets the same KQL, with the times of
ago() written out, since its clock cannot be set; chdb gets SQL. A peer that is not installed is left out. The answers' row
counts are compared. Last come the memory of a count and the time of the smallest query.
"""
import argparse
import glob
import importlib.util
import os
import re
import resource
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone

from peers import NINE, NOW, QUESTIONS, TERMS, WIDE

TERMS_SQL = TERMS.replace("\\", "\\\\")


def chdb_branch(days):
    return (f"SELECT {', '.join(NINE)} FROM T WHERE Timestamp > toDateTime64('2026-03-10 12:00:00', 9, 'UTC') - INTERVAL {days} DAY "
            f"AND lower(FileName) IN ('powershell.exe', 'pwsh.exe') AND match(ProcessCommandLine, '{TERMS_SQL}')")


CHDB = {
    "14-term has_any, count": f"SELECT count(*) FROM T WHERE match(ProcessCommandLine, '{TERMS_SQL}')",
    "first branch, 24 h": chdb_branch(1),
    "first branch, 7 d": chdb_branch(7),
    "count by hour": "SELECT toStartOfHour(Timestamp) h, count(*) FROM T GROUP BY h",
    "count, dcount by hour, file":
        "SELECT toStartOfHour(Timestamp) h, FileName, count(*), uniqExact(DeviceName) FROM T GROUP BY h, FileName",
    "arg_max, 2,000 groups":
        "SELECT DeviceId, max(Timestamp), " + ", ".join(f"argMax({c}, Timestamp)" for c in WIDE[1:]) + " FROM T GROUP BY DeviceId",
    "make_set, 2,000 groups": "SELECT DeviceId, groupUniqArray(FileName) FROM T GROUP BY DeviceId",
    "join of two filtered sets":
        "SELECT count(*) FROM (SELECT SHA1, ProcessId FROM T WHERE FileName = 'pwsh.exe') a JOIN "
        "(SELECT SHA1, ProcessId FROM T WHERE FileName = 'cmd.exe') b USING (SHA1)",
    "top 100 by time": f"SELECT {', '.join(WIDE)} FROM T ORDER BY Timestamp DESC LIMIT 100",
    "top 100, unsorted column": f"SELECT {', '.join(WIDE)} FROM T ORDER BY SHA256 DESC LIMIT 100",
    "four columns of forty": "SELECT Timestamp, DeviceName, FileName, ProcessId FROM T WHERE ProcessId = 4242",
}


def with_times(query):
    """The query with the values of ago()."""
    now = datetime.fromisoformat(NOW.replace("Z", "+00:00")).astimezone(timezone.utc)
    return re.sub(r"ago\((\d+)d\)", lambda m: f"datetime({(now - timedelta(days=int(m[1]))).isoformat()})", query)


def of_kql(frame):
    import kql

    return lambda query, _: kql.query(query, {"DeviceProcessEvents": frame}, now=NOW).to_arrow().num_rows


def of_duckdb(frame):
    import duckdb_kql

    connection = duckdb_kql.connect()
    connection.execute("SET threads = 2")
    connection.register("DeviceProcessEvents", frame)
    return lambda query, _: duckdb_kql.kql(connection, with_times(query)).to_arrow_table().num_rows


def of_chdb(frame):
    import chdb
    import pyarrow

    def run(_, name):
        globals()["chdb_table"] = frame
        sql = CHDB[name].replace("FROM T", "FROM Python(chdb_table)") + " SETTINGS max_threads = 2"
        out = chdb.query(sql, "Arrow").bytes()
        return pyarrow.ipc.open_file(out).read_all().num_rows if out else 0

    return run


ENGINES = {"kql": ("kql", of_kql), "duckdb-kql": ("duckdb_kql", of_duckdb), "chdb": ("chdb", of_chdb)}


def best_of(runs, call):
    seconds, rows = float("inf"), None
    for _ in range(runs):
        begin = time.perf_counter()
        rows = call()
        seconds = min(seconds, time.perf_counter() - begin)
    return seconds, rows


def questions(frames, runs, only):
    engines = [name for name, (module, _) in ENGINES.items() if importlib.util.find_spec(module)]
    print(f"{'':28} {'':7} " + " ".join(f"{name:>11}" for name in engines) + f" {'times as fast as the best':>26}")
    for name, query, *_ in QUESTIONS:
        if only not in name:
            continue
        for kind, frame in frames.items():
            cells, best, rows = [], {}, {}
            for engine in engines:
                try:
                    ask = ENGINES[engine][1](frame)
                    best[engine], rows[engine] = best_of(runs, lambda: ask(query, name))
                    cells.append(f"{best[engine]:11.4f}")
                except Exception as error:
                    cells.append(f"{type(error).__name__[:11]:>11}")
                    print(f"  {engine}: {str(error).splitlines()[0][:150]}", file=sys.stderr)
            others = [seconds for engine, seconds in best.items() if engine != "kql"]
            ratio = f"{min(others) / best['kql']:26.2f}" if others and "kql" in best else ""
            differ = "" if len(set(rows.values())) <= 1 else f"  rows differ: {rows}"
            print(f"{name:28} {kind:7} " + " ".join(cells) + f" {ratio}{differ}", flush=True)


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def smallest():
    import kql

    best, _ = best_of(200, lambda: kql.query("print 1").fetchone())
    print(f"kql.query('print 1'): {best * 1000:.2f} ms")
    for module in ["kql", "duckdb", "polars"]:
        if importlib.util.find_spec(module):
            command = [sys.executable, "-c", f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"]
            print(f"import {module}: {min(float(subprocess.check_output(command)) for _ in range(5)) * 1000:.0f} ms")


def memory(frame):
    """How much more memory a count over the frame takes, in a process of its own: the peak only grows."""
    import kql

    kql.query("print 1")
    before = peak()
    rows = kql.query("T | count", {"T": frame}).fetchone()[0]
    print(f"T | count over {rows:,} rows: {peak() - before:.0f} MB more")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="where the generated events are")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="a part of a question's name")
    parser.add_argument("--memory", choices=["pandas", "arrow"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    import pyarrow.parquet

    path = max(glob.glob(os.path.join(arguments.folder, "parquet-*", "*.parquet")), key=os.path.getsize)
    table = pyarrow.parquet.read_table(path)
    if arguments.memory:
        return memory(table if arguments.memory == "arrow" else table.to_pandas())
    print(f"{table.num_rows:,} rows, {table.nbytes >> 20:,} MB in Arrow; two processors; best of {arguments.runs} runs, in seconds")
    questions({"arrow": table, "pandas": table.to_pandas()}, arguments.runs, arguments.only)
    smallest()
    for kind in ["arrow", "pandas"]:
        print(f"{kind}: ", end="", flush=True)
        subprocess.run([sys.executable, __file__, arguments.folder, "--memory", kind])


if __name__ == "__main__":
    main()
