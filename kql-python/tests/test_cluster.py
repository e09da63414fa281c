"""Queries on a cluster on this computer: a scheduler and two executors as processes."""

import json

import conftest
import pytest

import kql


@pytest.fixture(scope="module")
def address():
    with conftest.cluster() as address:
        yield address


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    """A table with enough rows for several partitions."""
    path = tmp_path_factory.mktemp("data") / "Events.ndjson"
    with path.open("w") as file:
        for n in range(60_000):
            file.write(json.dumps({"Id": n, "Group": f"group {n % 50}", "Text": "x" * 100}) + "\n")
    return path


def test_founding_query(address, clear_mailbox):
    text, data = clear_mailbox
    here = kql.Engine(data=data, now=conftest.NOW).query(text).to_dicts()
    there = kql.Engine(data=data, now=conftest.NOW, cluster=address).query(text).to_dicts()
    assert len(here) == 26
    # the query leaves the order of rows with the same time open
    assert sorted(map(str, there)) == sorted(map(str, here))


def test_rows_of_python_travel_with_the_plan(address, events):
    engine = kql.Engine(tables={"Watch": [{"Group": "group 7"}, {"Group": "group 9"}]}, data=events, cluster=address)
    question = "Events | join kind=inner Watch on Group | summarize n=count(), s=sum(Id)"
    here = kql.Engine(tables={"Watch": [{"Group": "group 7"}, {"Group": "group 9"}]}, data=events).query(question)
    assert engine.query(question).to_dicts() == here.to_dicts() == [{"n": 2400, "s": 71_959_200}]


def test_errors_are_those_of_one_process(address, events):
    question = "Events | extend x = assert(Id < 10, 'too large') | project x"
    with pytest.raises(kql.KqlError) as here:
        kql.Engine(data=events).query(question).to_dicts()
    with pytest.raises(kql.KqlError) as there:
        kql.Engine(data=events, cluster=address).query(question).to_dicts()
    assert str(there.value) == str(here.value)


def test_clusters_that_cannot_be_used():
    for wrong, expected in (("127.0.0.1:1", "cannot be reached"), ("nonsense", "HOST:PORT is expected")):
        with pytest.raises(kql.KqlError, match=expected):
            kql.Engine(cluster=wrong)
    with conftest.cluster(executors=0) as lonely, pytest.raises(kql.KqlError, match="has no executors"):
        kql.Engine(cluster=lonely)
