#!/usr/bin/env python3
"""The questions of peers.py to one process, and to a cluster of a scheduler and one or more executors on the same processors.

    cargo build --release -p kql-cli --features cluster
    cargo run --release -p bench-events -- EVENTS 2000000
    python3 benches/cluster.py --kql target/release/kql EVENTS --executors 1,2

All run on two processors: one executor has two slots, two have one each. Prints seconds of the best run, how many times as long
the cluster takes, and the peak of resident memory of the client, the scheduler and the executor that needs most. The answers'
rows are compared. `--json FILE` writes what benches/scale.py --check compares its model with.
"""
import argparse
import glob
import json
import os
import re
import subprocess
import tempfile
import time

from peers import NOW, QUESTIONS

PROCESSORS = 2


def run(command):
    """Seconds, standard output, and peak megabytes of a process."""
    with tempfile.TemporaryFile() as out:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE)
        errors = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        if status != 0:
            raise SystemExit(f"{' '.join(command)}: {errors.decode(errors='replace')}")
        out.seek(0)
        return seconds, out.read(), used.ru_maxrss / 1024


def peak(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1]) / 1024


class Cluster:
    """A scheduler and executors on this machine."""

    def __init__(self, kql, executors, memory):
        self.slots = max(1, PROCESSORS // executors)
        self.folder = tempfile.TemporaryDirectory()
        self.scheduler, self.address = self._start([kql, "cluster", "scheduler", "--listen", "127.0.0.1:0"])
        limit = ["--memory", memory] if memory else []
        command = [kql, "cluster", "executor", "--scheduler", self.address, "--slots", str(self.slots), *limit,
                   "--folder", self.folder.name]
        self.executors = [self._start(command)[0] for _ in range(executors)]
        time.sleep(1)

    def _start(self, command):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for line in process.stdout:
            if found := re.search(r"(\d+\.\d+\.\d+\.\d+:\d+)", line):
                return process, found[1]
        raise SystemExit(f"{' '.join(command)} ended")

    def peaks(self):
        return peak(self.scheduler), max(map(peak, self.executors))

    def stop(self):
        for process in [*self.executors, self.scheduler]:
            process.terminate()
        for process in [*self.executors, self.scheduler]:
            process.wait()
        self.folder.cleanup()


def best_of(runs, command):
    return min((run(command) for _ in range(runs)), key=lambda found: found[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="where the generated events are")
    parser.add_argument("--kql", default="target/release/kql")
    parser.add_argument("--executors", default="1,2")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="a part of a question's name")
    parser.add_argument("--memory", help="the limit of each executor")
    parser.add_argument("--json", help="a file for the results")
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:PROCESSORS])
    counts = [int(count) for count in arguments.executors.split(",")]
    asked = []
    for name, query, _, _, kinds in QUESTIONS:
        for kind in kinds:
            found = glob.glob(os.path.join(arguments.folder, f"{kind}-*", f"*.{kind}"))
            if found and arguments.only in name:
                path = max(found, key=os.path.getsize)
                command = [arguments.kql, "run", "-q", query, "--now", NOW, "--data", f"DeviceProcessEvents={path}", "--format", "ndjson"]
                asked.append((name, kind, path, command))
    alone = {}
    for name, kind, _, command in asked:
        alone[name, kind] = best_of(arguments.runs, command)
    smallest = [arguments.kql, "run", "-q", "print 1"]
    measured = {"slots": PROCESSORS, "processors": PROCESSORS, "questions": {}}
    print(f"{'':28} {'':8} {'executors':>9} {'alone':>8} {'cluster':>8} {'times':>6}   MB: alone, client, scheduler, executor")
    for count in counts:
        cluster = Cluster(arguments.kql, count, arguments.memory)
        try:
            if count == 1:
                measured["smallest"] = best_of(arguments.runs, [*smallest, "--cluster", cluster.address])[0]
            for name, kind, path, command in asked:
                seconds, out, memory = best_of(arguments.runs, [*command, "--cluster", cluster.address])
                one, expected, own = alone[name, kind]
                scheduler, executor = cluster.peaks()
                differ = "" if sorted(out.splitlines()) == sorted(expected.splitlines()) else "  ROWS DIFFER"
                print(f"{name:28} {kind:8} {count:9} {one:8.3f} {seconds:8.3f} {seconds / one:6.2f}   "
                      f"{own:.0f}, {memory:.0f}, {scheduler:.0f}, {executor:.0f}{differ}", flush=True)
                question = measured["questions"].setdefault(
                    f"{name} {kind}", {"bytes": os.path.getsize(path), "tasks": PROCESSORS, "runs": {}})
                question["runs"][str(count)] = seconds
        finally:
            cluster.stop()
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(measured, file, indent=1)


if __name__ == "__main__":
    main()
