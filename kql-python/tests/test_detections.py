"""Tests of detections in pytest."""

import shutil

PASSING = """
query: q.kql
tests:
- name: finds it
  given: {T: [{Name: a}]}
  expect: {count: 1}
- name: cases
  each: T
  hit: [{Name: a}, {Name: a}]
  miss: [{Name: b}]
"""


def test_files_are_collected(pytester):
    pytester.makefile(".kql", q="T | where Name == 'a'")
    pytester.makefile(".test.yaml", q=PASSING)
    done = pytester.runpytest("-v")
    done.assert_outcomes(passed=4)
    done.stdout.fnmatch_lines(["*q.test.yaml::finds it PASSED*"])
    pytester.runpytest("-k", "finds").assert_outcomes(passed=1, deselected=3)


def test_failures_show_the_difference(pytester):
    pytester.makefile(".kql", q="T | where Name == 'a' | where Size > 5")
    pytester.makefile(
        ".test.yaml",
        q="query: q.kql\ntests:\n- name: big\n  given: {T: [{Name: a, Size: 4, $id: small}]}\n  expect: {rows: [{Name: a}]}\n",
    )
    done = pytester.runpytest()
    done.assert_outcomes(failed=1)
    text = done.stdout.str()
    assert "big" in text and "Size > 5" in text and "Traceback" not in text


def test_files_at_fault(pytester):
    pytester.makefile(".test.yaml", q="query: none.kql\ntests:\n- name: x\n  expect: none\n")
    done = pytester.runpytest()
    done.assert_outcomes(failed=1)
    assert "none.kql" in done.stdout.str()


def test_published_detections(pytester, repository):
    shutil.copytree(repository / "queries" / "T1621-mfa-fatigue", pytester.path / "T1621")
    done = pytester.runpytest()
    assert done.ret == 0 and done.parseoutcomes()["passed"] > 3


def test_rules_with_tests_and_other_yaml(pytester):
    pytester.makefile(".yaml", other="tests:\n- a\n", compose="services: {}\n")
    rule = "id: 1\nname: r\nquery: T | where Name == 'a'\ntests:\n- name: own\n  given: {T: [{Name: a}]}\n  expect: {count: 1}\n"
    pytester.makefile(".yaml", rule=rule)
    pytester.runpytest().assert_outcomes(passed=1)


def test_fixture(pytester):
    pytester.makepyfile(
        """
        def test_it(kql_engine):
            engine = kql_engine({"T": [{"n": 1}]}, now="2026-01-01")
            assert engine.query("T | extend t = now()").fetchone().t.year == 2026
        """
    )
    pytester.runpytest().assert_outcomes(passed=1)
