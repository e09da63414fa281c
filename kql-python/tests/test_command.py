"""The command line that the wheel carries, and what pre-commit runs."""

import os
import subprocess
import sys
from pathlib import Path

import yaml


def run(*arguments, **options):
    return subprocess.run([sys.executable, "-m", "kql", *arguments], capture_output=True, text=True, **options)


def test_as_module_and_as_command():
    done = run("run", "-q", "print x = 1 + 1")
    assert (done.returncode, done.stdout) == (0, "x\n2\n")
    command = Path(sys.executable).parent / "kql"
    done = subprocess.run([command, "run", "-q", "print x = 3"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "x\n3\n")


def test_exit_status():
    assert run("run", "-q", "print y").returncode == 1
    assert run("nonsense").returncode == 2
    assert run("--version").stdout.startswith("kql ")
    done = run("test", "queries/T1621-mfa-fatigue", cwd=Path(__file__).resolve().parents[2])
    assert done.returncode == 0, done.stderr


def test_closed_pipe():
    process = subprocess.Popen(
        [sys.executable, "-m", "kql", "run", "-q", "range n from 1 to 100000000 step 1"], stdout=subprocess.PIPE
    )
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(20) == 0


def test_pre_commit_hooks(repository, tmp_path):
    hooks = yaml.safe_load((repository / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert [hook["id"] for hook in hooks] == ["kql-fmt", "kql-check", "kql-test"]
    query = tmp_path / "q.kql"
    query.write_text("print x=1\n")
    given = {"kql-fmt": [query], "kql-check": [query], "kql-test": [repository / "queries/T1621-mfa-fatigue/rule.yaml"]}
    for hook in hooks:
        command = [*hook["entry"].split(), *hook.get("args", []), *map(str, given[hook["id"]])]
        assert command[0] == "kql" and hook["language"] == "system"
        done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, cwd=repository)
        assert done.returncode == 0, done.stderr + done.stdout
    assert query.read_text() == "print x = 1\n"
