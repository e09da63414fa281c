"""Engines: errors, threads, forks, async code."""

import asyncio
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import pytest

import kql

SLOW = "range n from 1 to 2000000000 step 1 | summarize sum(sqrt(n))"


def test_errors_are_drawn():
    text = "let x = 1;\nSigninLogs\n| where UserPrincipalNam == 'a' and ä > 1"
    with pytest.raises(kql.KqlError) as caught:
        kql.query(text)
    error = caught.value
    assert error.kind == "query" and len(error.diagnostics) == 2
    first, second = error.diagnostics
    assert text[first.start : first.end] == "UserPrincipalNam" and (first.line, first.column) == (3, 9)
    assert "UserPrincipalName" in first.help and first.code.startswith("K") and first.severity == "error"
    assert text[second.start : second.end] == "ä"
    shown = str(error)
    assert "| where UserPrincipalNam == 'a'" in shown and "^^^^" in shown and "query:3:9" in shown
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == shown and again.diagnostics == error.diagnostics


def test_kinds_of_errors(tmp_path):
    for call, kind in [
        (lambda: kql.query("print x = nofunction()"), "query"),
        (lambda: kql.query("T", data=tmp_path / "none.csv"), "data"),
        (lambda: kql.query("print 1", now="x"), "setting"),
        (lambda: kql.query("range n from 1 to 30000000 step 1 | summarize make_list(tostring(n), 30000000)", memory="60MB"), "memory"),
    ]:
        with pytest.raises(kql.KqlError) as caught:
            call()
        assert caught.value.kind == kind, str(caught.value)


def test_warnings_are_kept():
    result = kql.query("print x = 1 | mvexpand x = dynamic([1])")
    assert all(finding.severity == "warning" for finding in result.diagnostics)
    assert kql.Engine().check("print x = 1") == []


def test_engine():
    with kql.Engine({"T": [{"n": 1}]}) as engine:
        assert engine.tables == ["T"] and "SigninLogs" in engine.known_tables
        assert engine.schema("T") == [("n", "long")]
        with pytest.raises(kql.KqlError, match="There is no table 'Tt'. Did you mean T?"):
            engine.schema("Tt")
        assert engine.complete("T | where ")[1][0] == ("n", "long")
        prepared = engine.prepare("T | extend m = n + 1")
        assert prepared.run().fetchone() == prepared.run().fetchone() == (1, 2)
        assert prepared.columns == [("n", "long"), ("m", "long")]
    with pytest.raises(ValueError, match="closed"):
        engine.query("T")


def test_many_threads():
    engine = kql.Engine({"T": {"n": list(range(10_000))}})
    wrong = []

    def work(k):
        for _ in range(5):
            found = engine.query(f"T | where n % {k} == 0 | count").fetchone()[0]
            if found != len(range(0, 10_000, k)):
                wrong.append((k, found))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(1, 17)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert wrong == []


def test_the_lock_is_released():
    ticks = 0
    done = threading.Event()

    def tick():
        nonlocal ticks
        while not done.is_set():
            ticks += 1
            time.sleep(0.005)

    thread = threading.Thread(target=tick)
    thread.start()
    kql.query("range n from 1 to 30000000 step 1 | summarize sum(sqrt(n))")
    done.set()
    thread.join()
    assert ticks > 5


def test_interrupt():
    script = f"import kql\ntry:\n  print('go', flush=True); kql.query({SLOW!r})\nexcept KeyboardInterrupt:\n  print('stopped')"
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "go\n"
    time.sleep(0.5)
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.stdout.read() == "stopped\n"
    assert process.wait() == 0 and time.monotonic() - begin < 3


def test_async():
    async def run():
        several = await asyncio.gather(*(kql.query_async(f"print x = {n}") for n in range(5)))
        engine = kql.Engine()
        prepared = await engine.prepare_async("print 7")
        task = asyncio.create_task(engine.query_async(SLOW))
        await asyncio.sleep(0.2)
        begin = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - begin < 3
        return [one.fetchone()[0] for one in several], (await prepared.run_async()).fetchone()

    assert asyncio.run(run()) == ([0, 1, 2, 3, 4], (7,))


def _in_child(engine, queue):
    try:
        engine.query("print 1")
        queue.put("ran")
    except kql.KqlError as error:
        queue.put(error.kind)
    queue.put(kql.query("range n from 1 to 1000 step 1 | summarize sum(n)").fetchone()[0])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_fork():
    engine = kql.Engine()
    assert engine.query("range n from 1 to 100000 step 1 | summarize sum(n)").fetchone() == (5000050000,)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_in_child, args=(engine, queue))
    child.start()
    assert (queue.get(timeout=20), queue.get(timeout=20)) == ("fork", 500500)
    child.join(20)
    assert child.exitcode == 0


def test_progress():
    seen = []
    kql.query("range n from 1 to 60000000 step 1 | summarize sum(sqrt(n))", on_progress=lambda *counts: seen.append(counts))
    assert seen and all(len(counts) == 3 for counts in seen)

    def stop(*counts):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        kql.query(SLOW, on_progress=stop)


def test_import_is_light():
    script = "import sys, kql; print(sorted({'pandas', 'polars', 'pyarrow', 'numpy', 'IPython', 'asyncio', 'duckdb'} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "[]\n"


def test_stopping_while_objects_are_converted():
    """The process ends without a crash, and the conversion does not go on."""
    script = """
import os, signal, threading, time
import pandas, kql
frame = pandas.DataFrame({"s": [{"a": i} for i in range(1_000_000)]})
threading.Timer(.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
begin = time.monotonic()
try:
    kql.query("T | summarize count() by tostring(s.a) | count", {"T": frame})
except KeyboardInterrupt:
    print("stopped", time.monotonic() - begin < 3)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "stopped True\n"), done.stderr


def test_threads_share_a_relation_of_duckdb():
    import duckdb

    engine = kql.Engine({"T": duckdb.connect().sql("select range as n from range(10000)")})
    wrong = []

    def work():
        for _ in range(5):
            try:
                if engine.query("T | where n < 10 | count").fetchone() != (10,):
                    wrong.append("a wrong count")
            except kql.KqlError as error:
                wrong.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert wrong == []


def test_results_are_not_pickled():
    with pytest.raises(TypeError, match="pass on to_arrow"):
        pickle.dumps(kql.query("print 1"))
