"""Tests of detections in pytest: `*.test.yaml` files and rules with tests are collected."""

import pytest


def pytest_addoption(parser):
    group = parser.getgroup("kql", "tests of KQL detections")
    group.addoption("--kql-update", action="store_true", help="write the snapshots of detections instead of comparing")
    parser.addini("kql_rules", "collect rules that have tests of their own, too", type="bool", default=True)


def pytest_collect_file(file_path, parent):
    name = file_path.name
    if name.endswith((".test.yaml", ".test.yml")):
        return DetectionFile.from_parent(parent, path=file_path)
    if name.endswith((".yaml", ".yml")) and parent.config.getini("kql_rules") and _has_tests(file_path):
        return DetectionFile.from_parent(parent, path=file_path)
    return None


def _has_tests(path):
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError):
        return False
    # most YAML files of a repository are no rules, and need not be parsed
    if not any(line.startswith("tests:") for line in text.splitlines()) or "query" not in text:
        return False
    from kql import _kql

    return _kql.detection_files(path) > 0


class DetectionFile(pytest.File):
    """A file with tests of a detection."""

    def collect(self):
        from kql import _kql

        # the tests of a file take milliseconds, and say by themselves which tests there are
        ended = _kql.run_detections(self.path, self.config.getoption("kql_update"))
        seen = {}
        for name, line, outcome, report in ended:
            seen[name] = seen.get(name, 0) + 1
            unique = name if seen[name] == 1 else f"{name} ({seen[name]})"
            yield DetectionTest.from_parent(self, name=unique, line=line, outcome=outcome, report=report)


class DetectionTest(pytest.Item):
    """A test of a detection."""

    def __init__(self, *, line, outcome, report, **given):
        super().__init__(**given)
        self.line, self.outcome, self.report = line, outcome, report

    def runtest(self):
        if self.outcome != "passed":
            raise DetectionFailed(self.report)

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, DetectionFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, self.line - 1, self.name


class DetectionFailed(AssertionError):
    """A test of a detection failed. Its text is the report of `kql test`."""


@pytest.fixture
def kql_engine():
    """A function that creates an engine, as `kql.Engine` does, and closes it after the test."""
    import kql

    engines = []

    def create(tables=None, **settings):
        engines.append(kql.Engine(tables, **settings))
        return engines[-1]

    yield create
    for engine in engines:
        engine.close()
