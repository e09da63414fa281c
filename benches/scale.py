#!/usr/bin/env python3
"""How long a query takes on 3 to 100 executors, by simulation, and where the time goes.

    python3 benches/scale.py                       # 10 TB of Parquet and of packed NDJSON
    python3 benches/scale.py --terabytes 2 --executors 3,10,30
    python3 benches/scale.py --check MEASURED.json # against what benches/cluster.py measured

The model:

- The client plans. It lists the objects, and reads the beginning or the end of each one that it has not seen in an earlier run.
  Then it sends a plan that names all objects.
- The plan has a task for each slot of the executors. The scheduler launches one after the other, and each takes it a moment.
- A task waits for the first byte, and then reads and computes at the same time: the slower of the two decides. The tasks of
  an executor share its network and its processors; one stream from the store has a limit of its own.
- The time of a task varies (log-normal), as on machines that are shared. The slowest task decides.
- A task leaves a piece of partial groups on its disk. The last stage fetches every piece, merges them, and sends the result.

What it leaves out: executors that die, a store that throttles, queries that run at the same time, and stages of joins, which
move both tables once more.
"""
import argparse
import json
import math
import random
import statistics
from dataclasses import dataclass, replace

MB = 1e6


@dataclass(frozen=True)
class Query:
    """What a query does with a byte of a format."""

    name: str
    #: Share of the input that is read: columns and row groups of Parquet, everything of a text.
    read: float
    #: Bytes of input per second and processor, of what is read.
    speed: float
    #: Bytes of partial groups that a task leaves.
    piece: float = 1000


@dataclass(frozen=True)
class Cluster:
    """Machines, and what their parts can do. Times in seconds, rates in bytes per second."""

    executors: int
    slots: int = 8
    #: Processors of one executor; of all together if `shared` is set.
    processors: float = 8
    shared: bool = False
    network: float = 1250 * MB
    stream: float = 80 * MB
    first_byte: float = 0.05
    #: Time of a listing of 1,000 objects.
    listing: float = 0.1
    #: Objects that the client looks into at the same time, and the time for one.
    looks: int = 64
    look: float = 0.1
    #: Time of the client and the scheduler for a query without tasks.
    start: float = 0.25
    #: Time of the scheduler for a task.
    launch: float = 0.002
    #: Time of an executor for a task besides its work.
    task: float = 0.02
    #: Time to fetch a piece of another executor, of which `fetches` run at once.
    fetch: float = 0.002
    fetches: int = 8
    #: Bytes of partial groups that one processor merges per second.
    merge: float = 200 * MB
    #: How much the times of tasks vary (the sigma of a log-normal).
    variation: float = 0.15


@dataclass
class Outcome:
    """Seconds of each part."""

    tasks: int
    planning: float
    scanning: float
    #: Until the last task was launched; a part of scanning.
    launching: float
    #: How long the slots waited for the slowest task, on average; a part of scanning.
    waiting: float
    merging: float
    #: What a task waits for: the store's `network`, or a `processor`.
    bound: str

    @property
    def total(self):
        return self.planning + self.scanning + self.merging


def simulate(size, objects, query, cluster, seen, seed=1):
    """The outcome of a query over `size` bytes in so many objects, of which the client has `seen` all before or none."""
    rng = random.Random(seed)
    slots = cluster.executors * cluster.slots
    tasks = max(1, min(slots, objects))
    bytes_per_task = size * query.read / tasks
    processors = cluster.processors if cluster.shared else cluster.processors * cluster.executors
    # what one of the busy slots gets
    rate = min(cluster.stream, cluster.network * cluster.executors / tasks)
    share = min(1.0, processors / tasks)
    reading, computing = bytes_per_task / rate, bytes_per_task / (query.speed * share)
    work = cluster.first_byte + cluster.task / share + max(reading, computing)

    planning = cluster.start + math.ceil(objects / 1000) * cluster.listing
    if not seen:
        planning += objects * cluster.look / cluster.looks
    ends, launched = [], 0.0
    for _ in range(tasks):
        launched += cluster.launch
        ends.append(launched + work * rng.lognormvariate(-cluster.variation**2 / 2, cluster.variation))
    scanning = max(ends)
    merging = cluster.launch + tasks * cluster.fetch / cluster.fetches
    merging += tasks * query.piece / min(cluster.network, cluster.merge)
    waiting = scanning - statistics.fmean(ends)
    return Outcome(tasks, planning, scanning, launched, waiting, merging, "network" if reading > computing else "processor")


def median(size, objects, query, cluster, seen=True, runs=5):
    found = [simulate(size, objects, query, cluster, seen, seed) for seed in range(runs)]
    return sorted(found, key=lambda outcome: outcome.total)[runs // 2]


#: Speeds are those of docs/benchmarks.md, per processor.
PARQUET = [
    Query("has_any over a column, count", read=0.05, speed=180 * MB, piece=100),
    Query("first branch, 24 h of 365 days, nine columns", read=0.4 / 365, speed=150 * MB, piece=20_000),
    Query("count by hour and file", read=0.03, speed=90 * MB, piece=400_000),
]
PACKED = [
    Query("has_any over a column, count", read=1.0, speed=75 * MB, piece=100),
    Query("count by hour and file", read=1.0, speed=70 * MB, piece=400_000),
]


def predict(arguments):
    size = arguments.terabytes * 1e12
    counts = [int(count) for count in arguments.executors.split(",")]
    print(f"{arguments.terabytes:g} TB, executors of {arguments.slots} processors; seconds")
    for title, queries, each in [("Parquet in objects of 256 MB", PARQUET, 256 * MB), ("NDJSON.gz in objects of 64 MB", PACKED, 64 * MB)]:
        objects = math.ceil(size / each)
        print(f"\n{title}: {objects:,}")
        print(f"{'':46} {'exec.':>5} {'first run':>9} {'later':>8} {'plan':>6} {'scan':>8} {'launch':>7} {'wait':>6} {'merge':>6}  {'bound by':9} {'speed-up':>8}")
        for query in queries:
            base = None
            for count in counts:
                cluster = Cluster(count, slots=arguments.slots, processors=arguments.slots)
                found = median(size, objects, query, cluster)
                first = median(size, objects, query, cluster, seen=False).total
                base = base or (found.total, count)
                print(f"{query.name:46} {count:5} {first:9.0f} {found.total:8.1f} {found.planning:6.1f} {found.scanning:8.1f} "
                      f"{found.launching:7.1f} {found.waiting:6.1f} {found.merging:6.1f}  {found.bound:9} {base[0] / found.total * base[1]:7.1f}x")


def check(path, allowed):
    """Compares the model with measured runs: its constants of the machine come from the runs with one executor."""
    with open(path, encoding="utf-8") as file:
        measured = json.load(file)
    worst = 0.0
    print(f"{'':34} {'exec.':>5} {'measured':>9} {'model':>7} {'off by':>7}")
    for name, question in measured["questions"].items():
        one = question["runs"]["1"]
        local = Cluster(
            1, slots=measured["slots"], processors=measured["processors"], shared=True, stream=1e12, network=1e12,
            first_byte=0.0, listing=0.0, start=measured["smallest"], launch=0.001, task=0.005, variation=0.0,
        )
        speed = _speed(one, question["bytes"], local)
        query = Query(name, read=1.0, speed=speed, piece=question.get("piece", 1000))
        for count, seconds in sorted(question["runs"].items(), key=lambda run: int(run[0])):
            found = median(
                question["bytes"], SPLITS, query, replace(local, executors=int(count), slots=max(1, measured["slots"] // int(count))),
                runs=1).total
            off = found / seconds - 1
            if count != "1":
                worst = max(worst, abs(off))
            print(f"{name:34} {count:>5} {seconds:9.3f} {found:7.3f} {off:+7.0%}")
    print(f"worst: {worst:.0%}")
    if worst > allowed:
        raise SystemExit(f"the model is off by more than {allowed:.0%}")


#: A file of the measured runs is cut into more parts than there are slots.
SPLITS = 1000


def _speed(seconds, size, cluster):
    """The speed of a processor for which the model takes as long as the run with one executor."""
    low, high = 1.0, 1e13
    for _ in range(100):
        middle = math.sqrt(low * high)
        found = median(size, SPLITS, Query("", 1.0, middle, 1000), cluster, runs=1).total
        low, high = (middle, high) if found > seconds else (low, middle)
    return middle


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--terabytes", type=float, default=10)
    parser.add_argument("--executors", default="3,10,30,100")
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--check", metavar="FILE", help="measured runs, as benches/cluster.py --json writes them")
    parser.add_argument("--allowed", type=float, default=0.3, help="how far the model may be off")
    arguments = parser.parse_args()
    check(arguments.check, arguments.allowed) if arguments.check else predict(arguments)


if __name__ == "__main__":
    main()
