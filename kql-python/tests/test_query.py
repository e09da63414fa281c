"""Queries over what Python holds, and what comes out."""

import datetime
import decimal
import json
import uuid

import duckdb
import pandas
import polars
import pyarrow
import pytest

import kql
from conftest import NOW

UTC = datetime.timezone.utc


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow", "dicts"])
def test_t1070_over_frames(clear_mailbox, library):
    text, folder = clear_mailbox
    tables = {}
    for path in folder.glob("*.ndjson"):
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
        table = kql.Engine(data=str(path)).query(path.stem).to_arrow()
        tables[path.stem] = {
            "pandas": lambda: pandas.DataFrame(rows),
            "polars": lambda: polars.DataFrame(rows, infer_schema_length=None),
            "pyarrow": lambda: table,
            "dicts": lambda: rows,
        }[library]()
    result = kql.query(text, tables, now=NOW)
    assert len(result) == 26
    files = kql.query(text, data=folder, now=NOW)
    key = lambda row: [str(cell) for cell in row]
    assert sorted(map(key, result)) == sorted(map(key, files))
    assert result.columns == files.columns


def test_every_type_goes_round():
    text = """print b = true, i = int(1), l = 2, r = 1.5, d = decimal(1.25), s = 'x', t = datetime(2026-01-02T03:04:05.1234567Z),
        p = 1d + 2h, g = guid(74be27de-1e4e-49d9-b579-fe0b331d3642), y = dynamic({'a': [1, null, 'x']})"""
    row = kql.query(text).to_dicts()[0]
    assert row == {
        "b": True,
        "i": 1,
        "l": 2,
        "r": 1.5,
        "d": decimal.Decimal("1.25"),
        "s": "x",
        "t": datetime.datetime(2026, 1, 2, 3, 4, 5, 123456, UTC),
        "p": datetime.timedelta(days=1, hours=2),
        "g": "74be27de-1e4e-49d9-b579-fe0b331d3642",
        "y": {"a": [1, None, "x"]},
    }
    result = kql.query(text)
    types = {field.name: str(field.type) for field in result.to_arrow().schema}
    assert types["t"] == "timestamp[ns, tz=UTC]" and types["p"] == "duration[ns]" and types["d"] == "decimal128(38, 18)"
    assert "json" in types["y"]
    again = kql.query("T", {"T": result.to_arrow()})
    assert again.columns == result.columns
    # 100 ns are kept
    assert again.to_arrow()["t"][0].value == result.to_arrow()["t"][0].value
    assert again.to_arrow()["t"][0].value % 1000 == 700
    assert again.to_dicts() == result.to_dicts()


def test_nulls():
    text = "print b = bool(null), i = int(null), l = long(null), r = real(null), d = decimal(null), s = '', " \
        "t = datetime(null), p = timespan(null), g = guid(null), y = dynamic(null)"
    result = kql.query(text)
    assert result.fetchone() == (None, None, None, None, None, "", None, None, None, None)
    frame = result.to_pandas()
    assert str(frame.dtypes["b"]) == "boolean" and str(frame.dtypes["l"]) == "Int64" and str(frame.dtypes["i"]) == "Int32"
    assert frame.drop(columns="s").isna().all(axis=None)
    assert result.to_polars().select(polars.exclude("s")).null_count().row(0) == (1,) * 9


def test_times_that_do_not_fit_nanoseconds():
    result = kql.query("print t = datetime(0001-01-01), u = datetime(2026-01-01)")
    with pytest.warns(kql.KqlWarning, match="t: datetimes before 1677"):
        table = result.to_arrow()
    assert [str(type) for type in table.schema.types] == ["timestamp[us, tz=UTC]", "timestamp[ns, tz=UTC]"]
    assert result.fetchone()[0] == datetime.datetime(1, 1, 1, tzinfo=UTC)
    assert kql.query("print t = datetime(9999-12-31T23:59:59.9999999Z)").fetchone()[0].year == 9999


def test_rows():
    result = kql.query("range n from 1 to 5 step 1 | extend s = strcat('a', n)")
    assert len(result) == 5 and bool(kql.query("print 1 | take 0"))
    assert [row.n for row in result] == [1, 2, 3, 4, 5]
    assert result[0]["s"] == result[-5].s == "a1" and result[3:] == [(4, "a4"), (5, "a5")] and result[::2][1].n == 3
    assert result.fetchone() == (1, "a1") and result.fetchmany(2) == [(2, "a2"), (3, "a3")]
    assert len(result.fetchall()) == 2 and result.fetchone() is None
    assert result[1].as_dict() == {"n": 2, "s": "a2"} and result[1].keys() == ["n", "s"]
    with pytest.raises(KeyError, match="there is no column 'x'"):
        result[0]["x"]
    with pytest.raises(IndexError, match="there is no row 5"):
        result[5]
    import pickle

    assert pickle.loads(pickle.dumps(result[1])).s == "a2"


def test_many_rows_in_order():
    result = kql.query("range n from 1 to 20000 step 1")
    assert [row[0] for row in result] == list(range(1, 20001))
    assert result[15000].n == 15001 and result[9999:10001] == [(10000,), (10001,)]


def test_several_results():
    result = kql.query("print a = 1; print b = 2, c = 3")
    assert [table.name for table in result.tables] == ["PrimaryResult", "PrimaryResult_1"]
    assert [len(table.columns) for table in result.tables] == [1, 2]
    assert result.tables[1].to_dicts() == [{"b": 2, "c": 3}]


def test_result_without_rows_or_columns():
    empty = kql.query("SigninLogs | project TimeGenerated, UserPrincipalName, LocationDetails")
    assert len(empty) == 0 and empty.fetchone() is None and empty.to_dicts() == []
    assert empty.to_arrow().num_rows == 0 and list(empty.to_pandas().columns) == list(empty.to_polars().columns)
    assert empty.notices == ["SigninLogs has no data; it is treated as empty."]
    assert "SigninLogs has no data" in empty._repr_html_()


def test_settings(tmp_path):
    assert kql.query("print now()", now=NOW).fetchone()[0] == datetime.datetime(2026, 3, 10, 12, tzinfo=UTC)
    pinned = datetime.datetime(2026, 3, 10, 13, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    assert kql.query("print now()", now=pinned).fetchone()[0] == pinned
    declare = "declare query_parameters(a: long, b: string, c: timespan, d: datetime, e: bool); print a, b, c, d, e"
    values = {"a": 5, "b": "x' | y", "c": datetime.timedelta(days=2, seconds=3), "d": pinned, "e": False}
    assert kql.query(declare, params=values).fetchone() == tuple(values.values())
    with pytest.raises(kql.KqlError, match="declares no parameter x"):
        kql.query("print 1", params={"x": 1})
    assert kql.query("Big(1)", functions={"Big": {"parameters": "(n: long)", "body": "print n + 1"}}).fetchone() == (2,)
    assert kql.query("One", functions={"One": "print x = 1"}).fetchone() == (1,)
    schemas = {"Own": {"Time": "datetime", "Tags": "dynamic"}}
    assert kql.query("Own", schemas=schemas).columns == [("Time", "datetime"), ("Tags", "dynamic")]
    (tmp_path / "T.csv").write_text("a,b\n1,x\n")
    assert kql.query("T", data=tmp_path).fetchone() == (1, "x")
    assert kql.query("U", data={"U": tmp_path / "T.csv"}).fetchone() == (1, "x")
    assert kql.query("U", data=f"U={tmp_path / 'T.csv'}").fetchone() == (1, "x")
    assert kql.query("U", {"U": tmp_path / "T.csv"}).fetchone() == (1, "x")
    address = "https://example.com/list.csv"
    query = f"externaldata(a: long, b: string)['{address}'] with (ignoreFirstRecord = true)"
    assert kql.query(query, external={address: tmp_path / "T.csv"}).fetchone() == (1, "x")
    assert len(kql.query(query, external_missing="empty")) == 0
    assert kql.query("range n from 1 to 10 step 1 | count", memory="200MB").fetchone() == (10,)
    for wrong, message in [
        ({"profile": "azure"}, "profile is 'azure'; it can be 'unified' or"),
        ({"now": "noon"}, "'noon' is not a datetime"),
        ({"memory": "much"}, "'much' is not a valid size"),
        ({"data": str(tmp_path / "none")}, "no such file"),
        ({"functions": {"F": 5}}, "F must be the text of a query"),
        ({"schemas": {"T": {"a": "number"}}}, "unknown type 'number'"),
    ]:
        with pytest.raises(kql.KqlError, match=message):
            kql.query("print 1", **wrong)
    with pytest.raises(TypeError, match="tabels"):
        kql.query("print 1", tabels={})


def test_known_tables_have_their_columns_and_types():
    rows = [{"TimeGenerated": "2026-03-10T11:00:00Z", "UserPrincipalName": "a@b.c", "Extra": 5}]
    text = "SigninLogs | where TimeGenerated > ago(2h) | project TimeGenerated, UserPrincipalName, ResultType, Extra"
    for table in [rows, pandas.DataFrame(rows), polars.DataFrame(rows), pyarrow.Table.from_pylist(rows)]:
        result = kql.query(text, {"SigninLogs": table}, now=NOW)
        assert [type for _, type in result.columns] == ["datetime", "string", "string", "long"]
        assert result.fetchone()[1:] == ("a@b.c", "", 5)
    bad = kql.query("SigninLogs | project TimeGenerated", {"SigninLogs": [{"TimeGenerated": "yesterday"}]})
    assert bad.fetchone() == (None,)
    assert "yesterday" in bad.notices[0]


def test_duckdb_relations_are_read_by_columns():
    connection = duckdb.connect()
    connection.execute("create table t as select range as n, 'x' || range as \"odd \"\"name\" from range(20000)")
    relation = connection.table("t")
    assert kql.query("T | count", {"T": relation}).fetchone() == (20000,)
    assert kql.query("T | where n == 7 | project ['odd \"name']", {"T": relation}).fetchone() == ("x7",)


def test_lazy_frames_of_polars():
    frame = polars.LazyFrame({"n": range(10), "s": ["a"] * 10}).filter(polars.col("n") > 4)
    assert kql.query("T | summarize sum(n), count()", {"T": frame}).fetchone() == (35, 5)
    assert kql.query("T | count", {"T": frame}).fetchone() == (5,)
