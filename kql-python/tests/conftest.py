"""What several tests share."""

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import pytest

import kql

pytest_plugins = ["pytester"]

REPOSITORY = Path(__file__).resolve().parents[2]
CLEAR_MAILBOX = REPOSITORY / "queries" / "T1070.008-clear-mailbox-data"
NOW = "2026-03-10T12:00:00Z"


@pytest.fixture
def clear_mailbox():
    """The query of T1070.008, and the folder of its data."""
    return (CLEAR_MAILBOX / "query.kql").read_text("utf-8"), CLEAR_MAILBOX / "data"


@pytest.fixture
def repository():
    """The folder of the repository."""
    return REPOSITORY


def started(*arguments, env=None):
    """A process of a cluster, and its address."""
    command = [sys.executable, "-m", "kql", "cluster", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
    line = process.stdout.readline()
    assert line.startswith("listening on "), line
    return process, line.split()[-1]


@contextlib.contextmanager
def cluster(env=None, executors=2):
    """The address of a scheduler with executors that have one slot each."""
    scheduler, address = started("scheduler", "--listen", "127.0.0.1:0", "--silence", "6", env=env)
    processes = [scheduler]
    try:
        for _ in range(executors):
            arguments = ["executor", "--scheduler", address, "--slots", "1", "--silence", "6"]
            processes.append(started(*arguments, env=env)[0])
        # the scheduler knows an executor a little later than the executor knows it
        begun = time.monotonic()
        while executors and time.monotonic() < begun + 20:
            with contextlib.suppress(kql.KqlError):
                kql.Engine(cluster=address).close()
                break
        time.sleep(1)
        yield address
    finally:
        for process in processes:
            process.kill()
            process.wait()
            process.stdout.close()
