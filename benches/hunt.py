#!/usr/bin/env python3
"""Compares `kql hunt` over a folder of rules with `kql run` for each rule.

  hunt.py --kql target/release/kql --rules FOLDER --data PATH [--now T] [--memory SIZE] [--every N]

Prints the time of the hunt, the time of all runs, their ratio, and the peak memory of the hunt. With --every N only each N-th rule
runs by itself, and the total is estimated from these. The rules are .kql files.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import time

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("--kql", required=True)
p.add_argument("--rules", required=True)
p.add_argument("--data", required=True)
p.add_argument("--now", default="2026-03-10T00:00:00Z")
p.add_argument("--memory")
p.add_argument("--every", type=int, default=1)
args = p.parse_args()

common = ["--data", args.data, "--now", args.now]
common += ["--memory", args.memory] if args.memory else []


def timed(command):
    """The seconds a command takes, its exit status, and its peak memory in MB."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - began, os.waitstatus_to_exitcode(status), usage.ru_maxrss // 1024


hunt, status, peak = timed([args.kql, "hunt", args.rules, *common])
if status != 0:
    sys.exit(f"kql hunt ended with status {status}")
rules = sorted(pathlib.Path(args.rules).rglob("*.kql"))
sample = rules[:: args.every]
alone = sum(timed([args.kql, "run", str(rule), "--format", "ndjson", *common])[0] for rule in sample)
alone *= len(rules) / max(len(sample), 1)
print(f"{len(rules)} rules: hunt {hunt:.1f} s, each by itself {alone:.1f} s, ratio {hunt / alone:.3f}, peak {peak} MB")
