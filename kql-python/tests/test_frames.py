"""Frames with odd content: the right type, or one clear sentence."""

import datetime
import decimal
import gc
import itertools
import tracemalloc
import uuid

import numpy
import pandas
import polars
import pyarrow
import pytest

import kql

UTC = datetime.timezone.utc


def answer(frame, text="T"):
    return kql.query(text, {"T": frame})


def types(result):
    return dict(result.columns)


def test_object_columns_of_pandas():
    frame = pandas.DataFrame(
        {
            "text": ["a", numpy.nan, None],
            "mixed": [1, "x", {"k": [1, 2]}],
            "lists": [[1], None, []],
            "numbers": [1, None, 2.5],
            "flags": [True, None, False],
            "decimals": [decimal.Decimal("1.5"), None, decimal.Decimal(2)],
            "dates": [datetime.date(2026, 1, 1), None, datetime.date(2026, 1, 2)],
            "times": [datetime.datetime(2026, 1, 1, tzinfo=UTC), None, datetime.datetime(2026, 1, 2, tzinfo=UTC)],
            "spans": [datetime.timedelta(1), None, datetime.timedelta(2)],
            "bytes": [b"a", None, b"b"],
            "nothing": [None, None, None],
        },
        dtype=object,
    )
    result = answer(frame)
    assert types(result) == {
        "text": "string", "mixed": "dynamic", "lists": "dynamic", "numbers": "real", "flags": "bool", "decimals": "decimal",
        "dates": "datetime", "times": "datetime", "spans": "timespan", "bytes": "string", "nothing": "string",
    }
    columns = {name: [row[name] for row in result] for name, _ in result.columns}
    assert columns["text"] == ["a", "", ""]
    assert columns["mixed"] == [1, "x", {"k": [1, 2]}]
    assert columns["lists"] == [[1], None, []]
    assert columns["numbers"] == [1.0, None, 2.5]
    assert columns["flags"] == [True, None, False]
    assert columns["decimals"] == [decimal.Decimal("1.5"), None, decimal.Decimal(2)]
    assert columns["dates"][0] == columns["times"][0] == datetime.datetime(2026, 1, 1, tzinfo=UTC)
    assert columns["dates"][1] is None and columns["spans"] == [datetime.timedelta(1), None, datetime.timedelta(2)]
    assert columns["bytes"] == ["a", "", "b"] and columns["nothing"] == ["", "", ""]


def test_types_of_pandas():
    frame = pandas.DataFrame(
        {
            "category": pandas.Categorical(["a", "b", "a"]),
            "zone": pandas.to_datetime(["2026-01-01T00:00:00+01:00"] * 3).tz_convert("Europe/Berlin"),
            "naive": pandas.to_datetime(["2026-01-01"] * 3),
            "int8": numpy.array([1, 2, 3], "int8"),
            "uint32": numpy.array([1, 2, 4294967295], "uint32"),
            "float32": numpy.array([0.5, numpy.nan, 1], "float32"),
            "nullable": pandas.array([1, None, 3], "Int64"),
            "string": pandas.array(["a", None, "c"], "string"),
            "delta": pandas.to_timedelta(["1D", None, "2D"]),
            "period": pandas.period_range("2026-01", periods=3, freq="M"),
            "sparse": pandas.arrays.SparseArray([0, 0, 1]),
        }
    )
    result = answer(frame)
    assert types(result) == {
        "category": "string", "zone": "datetime", "naive": "datetime", "int8": "int", "uint32": "long", "float32": "real",
        "nullable": "long", "string": "string", "delta": "timespan", "period": "string", "sparse": "long",
    }
    row = result[1].as_dict()
    assert row["category"] == "b" and row["zone"] == datetime.datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert row["nullable"] is None and row["float32"] is None and row["string"] == "" and row["delta"] is None
    assert row["period"] == "2026-02" and result[2]["uint32"] == 4294967295


def test_names_and_indexes():
    twice = pandas.DataFrame([[1, 2]], columns=["x", "x"])
    with pytest.raises(kql.KqlError, match="The table 'T' has two columns called 'x'; rename one of them."):
        answer(twice)
    with pytest.raises(kql.KqlError, match="two columns are called x"):
        answer(pyarrow.table([[1], [2]], names=["x", "x"]))
    numbered = answer(pandas.DataFrame([[1, 2]]))
    assert [name for name, _ in numbered.columns] == ["0", "1"]
    assert kql.query("T | project ['1']", {"T": pandas.DataFrame([[1, 2]])}).fetchone() == (2,)
    frame = pandas.DataFrame({"n": [1, 2]}, index=pandas.Index(["a", "b"], name="host"))
    assert answer(frame).to_dicts() == [{"host": "a", "n": 1}, {"host": "b", "n": 2}]
    assert answer(frame.rename_axis(None)).to_dicts() == [{"n": 1}, {"n": 2}]
    times = pandas.DataFrame({"n": [1]}, index=pandas.DatetimeIndex(["2026-01-01"], name="TimeGenerated"))
    assert types(answer(times)) == {"TimeGenerated": "datetime", "n": "long"}
    several = pandas.DataFrame({"n": [1, 2]}, index=pandas.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["k", None]))
    assert answer(several).to_dicts() == [{"k": "a", "n": 1}, {"k": "b", "n": 2}]
    filtered = pandas.DataFrame({"n": [1, 2, 3]}).query("n > 1")
    assert [row.n for row in answer(filtered)] == [2, 3]


def test_empty_frames():
    for frame in [
        pandas.DataFrame({"a": pandas.Series([], dtype="int64"), "b": pandas.Series([], dtype=object)}),
        polars.DataFrame(schema={"a": polars.Int64, "b": polars.String}),
        pyarrow.table({"a": pyarrow.array([], pyarrow.int64()), "b": pyarrow.array([], pyarrow.string())}),
        {"a": [], "b": []},
    ]:
        result = answer(frame)
        assert len(result) == 0 and [name for name, _ in result.columns] == ["a", "b"]
        assert answer(frame, "T | count").fetchone() == (0,)
    for frame in [pandas.DataFrame(), polars.DataFrame(), [], {}, iter([])]:
        assert answer(frame, "T | count").fetchone() == (0,)
    assert answer(pandas.DataFrame(index=range(3)), "T | count").fetchone() == (3,)


def test_types_of_arrow():
    table = pyarrow.table(
        {
            "large": pyarrow.array(["a", None], pyarrow.large_string()),
            "view": pyarrow.array(["a", None], pyarrow.string_view()),
            "dictionary": pyarrow.array(["a", None]).dictionary_encode(),
            "list": pyarrow.array([[{"k": 1}], None]),
            "map": pyarrow.array([[("k", 1)], None], pyarrow.map_(pyarrow.string(), pyarrow.int64())),
            "seconds": pyarrow.array([0, None], pyarrow.timestamp("s")),
            "uint64": pyarrow.array([1, None], pyarrow.uint64()),
            "json": pyarrow.array(['{"b": 1, "a": [2]}', "null"], pyarrow.json_()),
            "uuid": pyarrow.array([uuid.UUID(int=1).bytes, None], pyarrow.uuid()),
            "null": pyarrow.nulls(2),
        }
    )
    result = answer(table)
    assert types(result) == {
        "large": "string", "view": "string", "dictionary": "string", "list": "dynamic", "map": "dynamic",
        "seconds": "datetime", "uint64": "long", "json": "dynamic", "uuid": "guid", "null": "string",
    }
    assert result[0] == (
        "a", "a", "a", [{"k": 1}], {"k": 1}, datetime.datetime(1970, 1, 1, tzinfo=UTC), 1, {"b": 1, "a": [2]},
        str(uuid.UUID(int=1)), "",
    )
    assert result[1] == ("", "", "", None, None, None, None, None, None, "")
    assert answer(table, "T | where json.a[0] == 2 | project large").fetchone() == ("a",)
    with pytest.raises(kql.KqlError, match="The table 'T' cannot be read: its column 'u' has the type union"):
        answer(pyarrow.table({"u": pyarrow.UnionArray.from_sparse(
            pyarrow.array([0, 1], pyarrow.int8()), [pyarrow.array([1, 2]), pyarrow.array(["a", "b"])])}))


def test_slices_keep_their_rows():
    table = pyarrow.table({"s": pyarrow.array([str(n) for n in range(30000)], pyarrow.large_string()), "n": range(30000)})
    sliced = table.slice(12345, 9000)
    assert answer(sliced, "T | summarize count(), min(n), max(n), countif(s == tostring(n))").fetchone() == (
        9000, 12345, 21344, 9000,
    )
    chunked = pyarrow.concat_tables([table.slice(5, 3), table.slice(0, 0), table.slice(100, 2)])
    assert [row.n for row in answer(chunked)] == [5, 6, 7, 100, 101]
    assert [row.n for row in answer(table, "T | serialize | where row_number() == 20000")] == [19999]


def test_objects_of_python():
    rows = [
        {"a": 1, "b": "x", "t": datetime.datetime(2026, 1, 1, 12, 30)},
        {"a": 2.5, "c": [1, {"k": None}], "t": datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))},
        {},
    ]
    result = answer(rows)
    assert types(result) == {"a": "real", "b": "string", "t": "datetime", "c": "dynamic"}
    assert result[0] == (1.0, "x", datetime.datetime(2026, 1, 1, 12, 30, tzinfo=UTC), None)
    assert result[1] == (2.5, "", datetime.datetime(2025, 12, 31, 22, tzinfo=UTC), [1, {"k": None}])
    assert result[2] == (None, "", None, None)
    columns = {
        "u": [uuid.UUID(int=5), None], "d": [decimal.Decimal("0.1"), None], "p": [datetime.timedelta(microseconds=1), None],
        "day": [datetime.date(1, 1, 2), None], "np": numpy.array([1, 2]), "when": numpy.array(["2026-01-01", "NaT"], "M8[ns]"),
        "pd": pandas.Series([pandas.Timestamp("2026-01-01T00:00:00.123456700"), pandas.NaT]), "na": [pandas.NA, 5],
        "nan": [float("nan"), "x"], "mix": [True, 1], "half": ["\ud800", "ok"], "float": [float("inf"), float("nan")],
    }
    result = answer(columns)
    assert types(result) == {
        "u": "guid", "d": "decimal", "p": "timespan", "day": "datetime", "np": "long", "when": "datetime", "pd": "datetime",
        "na": "long", "nan": "string", "mix": "dynamic", "half": "string", "float": "real",
    }
    first, second = result[0].as_dict(), result[1].as_dict()
    assert first["u"] == str(uuid.UUID(int=5)) and first["d"] == decimal.Decimal("0.1")
    assert first["day"] == datetime.datetime(1, 1, 2, tzinfo=UTC) and second["when"] is None
    assert first["pd"].microsecond == 123456 and second["nan"] == "x" and first["nan"] == "" and second["mix"] == 1
    for wrong, message in [
        ({"a": [1], "b": [1, 2]}, "The column 'b' has 2 values"),
        ({"a": "text"}, "The column 'a' of the table 'T' is a str"),
        ({"a": 5}, "The column 'a' of the table 'T' is a int"),
        ([{"a": 1}, 5], "Row 2 of the table 'T' is a int"),
        ({5: [1]}, "The name of a column is 5"),
        ({"a": [2**70]}, "is not a long"),
        (5, "The table 'T' is a int; pass a data frame"),
        (object(), "The table 'T' is a object"),
    ]:
        with pytest.raises(kql.KqlError, match=message):
            answer(wrong)


def test_iterables_are_read_as_they_stream():
    read = 0

    def rows():
        nonlocal read
        for n in range(100_000):
            read += 1
            yield {"n": n, "s": "x" * 10}

    assert answer(rows(), "T | summarize count(), max(n)").fetchone() == (100_000, 99_999)
    read = 0
    assert answer(rows(), "T | take 5 | count").fetchone() == (5,)
    assert read < 100_000
    # read twice: kept
    assert answer(rows(), "T | join kind=inner (T | where n < 3) on n | count").fetchone() == (3,)
    assert answer(rows(), "let big = toscalar(T | summarize max(n)); T | where n == big | count").fetchone() == (1,)
    batches = pyarrow.table({"n": range(50_000)}).to_batches(max_chunksize=1000)
    assert answer(iter(batches), "T | summarize sum(n)").fetchone() == (sum(range(50_000)),)
    reader = pyarrow.RecordBatchReader.from_batches(batches[0].schema, iter(batches))
    assert answer(reader, "T | count").fetchone() == (50_000,)
    reader = pyarrow.RecordBatchReader.from_batches(batches[0].schema, iter(batches))
    engine = kql.Engine({"T": reader})
    assert engine.query("T | count").fetchone() == engine.query("T | count").fetchone() == (50_000,)


def test_iterables_that_fail():
    def rows(last):
        for n in range(20_000):
            yield {"n": n}
        yield last

    with pytest.raises(kql.KqlError, match="The table 'T' .*new column 'm'"):
        answer(rows({"n": 1, "m": 2}), "T | count")
    with pytest.raises(kql.KqlError, match="Row 20001: 'x' is not a long"):
        answer(rows({"n": "x"}), "T | summarize sum(n)")
    with pytest.raises(kql.KqlError, match="Row 20001 of the table 'T' is a int"):
        answer(rows(5), "T | summarize sum(n)")

    def broken():
        yield {"n": 1}
        raise OSError("the feed ended")

    with pytest.raises(kql.KqlError, match="The table 'T' cannot be read: .*the feed ended") as raised:
        answer(broken(), "T | count")
    assert raised.value.kind == "data"


def test_arrow_data_is_not_copied():
    count = 4_000_000
    table = pyarrow.table({"n": numpy.arange(count), "s": pyarrow.array(numpy.arange(count).astype(str))})
    before = pyarrow.total_allocated_bytes()
    result = answer(table, "T | project n, s")
    # the same memory comes back
    out = result.to_arrow()
    first = table["n"].chunk(0).buffers()[1]
    places = [chunk.buffers()[1].address for chunk in out["n"].chunks]
    assert all(first.address <= place < first.address + first.size for place in places)
    assert pyarrow.total_allocated_bytes() - before < 1_000_000


def test_texts_are_guessed_from_samples_and_corrected():
    values = ["a"] * 5000
    values[4321] = 7
    frame = pandas.DataFrame({"n": range(5000), "o": pandas.Series(values, dtype=object)})
    result = answer(frame, "T | where n == 4321 | project o")
    assert result.columns == [("o", "dynamic")] and result.fetchone() == (7,)
    assert answer(frame, "T | count").fetchone() == (5000,)
    assert kql.Engine({"T": frame}).query("T | getschema | where ColumnName == 'o' | project ColumnType").fetchone() == ("dynamic",)


def test_known_tables_are_read_as_from_files(tmp_path):
    """A frame of a known table has the values that a file with the same content has."""
    (tmp_path / "SigninLogs.csv").write_text("TimeGenerated,ResultType\n1577836800,50126\n1577836801,\n")
    query = "SigninLogs | project TimeGenerated, ResultType"
    expected = kql.query(query, data=tmp_path / "SigninLogs.csv")
    assert expected[0] == (datetime.datetime(2020, 1, 1, tzinfo=UTC), "50126")
    for frame in [
        pandas.read_csv(tmp_path / "SigninLogs.csv"),
        polars.read_csv(tmp_path / "SigninLogs.csv"),
        [{"TimeGenerated": 1577836800, "ResultType": 50126.0}, {"TimeGenerated": 1577836801, "ResultType": None}],
    ]:
        result = kql.query(query, {"SigninLogs": frame})
        assert result.to_dicts() == expected.to_dicts()
        assert any("seconds since 1970" in notice for notice in result.notices)
    dates = pandas.DataFrame({"TimeGenerated": ["01/06/2020 10:00"]})
    first = kql.query("SigninLogs | project TimeGenerated", {"SigninLogs": dates}, date_order="dmy").fetchone()[0]
    assert (first.day, first.month) == (1, 6)
    with pytest.raises(kql.KqlError, match="01/06/2020"):
        kql.query("SigninLogs | project TimeGenerated", {"SigninLogs": dates})
    shown = pandas.DataFrame({"TimeGenerated": ["13/06/2020 10:00", "01/06/2020"]})
    result = kql.query("SigninLogs | project TimeGenerated", {"SigninLogs": shown})
    assert [row[0].day for row in result] == [13, 1]


def test_dates_that_contradict_each_other_are_refused():
    days_first, months_first = (["13/06/2020 10:00"] * 9000, ["06/13/2020 10:00"] * 9000)
    frame = pyarrow.table({"TimeGenerated": days_first + months_first})
    with pytest.raises(kql.KqlError, match="has the month first and .* the day"):
        kql.query("SigninLogs | summarize count() by TimeGenerated", {"SigninLogs": frame})


def test_names_in_other_letters_are_told():
    result = kql.query("SecurityEvent | where EventID == 4624", {"SecurityEvent": [{"eventid": 4624}]})
    assert len(result) == 0 and "The column eventid of SecurityEvent is not its column EventID" in result.notices[0]
    result = kql.query("SecurityEvent", {"securityevent": [{"EventID": 4624}]})
    assert "The data has a table securityevent" in result.notices[0]


def test_frames_that_change():
    frame = pandas.DataFrame({"user": ["ann"], "ip": ["1.2.3.4"], "n": [1]})
    engine = kql.Engine({"T": frame})
    result = engine.query("T")
    frame.insert(0, "new", ["X"])
    frame["n"] += 1000
    assert result.to_dicts() == [{"user": "ann", "ip": "1.2.3.4", "n": 1}]
    assert engine.query("T | project user, ip").to_dicts() == [{"user": "ann", "ip": "1.2.3.4"}]


def test_results_stay_when_their_frame_changes():
    size = 1000
    frame = pandas.DataFrame(
        {"n": range(size), "r": [0.5] * size, "gaps": [float("nan"), 1.5] * (size // 2), "at": pandas.Timestamp("2026-01-01"), "zone": pandas.Timestamp("2026-01-01", tz="UTC")}
    )
    result = kql.query("T", {"T": frame})
    before = result.to_dicts()
    frame.loc[3, "n"] = -1
    frame.iat[4, 1] = 7.0
    frame.at[5, "at"] = pandas.Timestamp("2020-01-01")
    frame.loc[7, "gaps"] = -1.0
    frame.loc[6, "zone"] = pandas.Timestamp("2020-01-01", tz="UTC")
    frame.fillna({"r": 0.0}, inplace=True)
    frame.sort_values("n", inplace=True)
    frame["n"] += 1
    assert kql.query("T", {"T": frame}).to_dicts() != before
    assert result.to_dicts() == before
    del frame
    gc.collect()
    assert result.to_dicts() == before


def test_missing_numbers_and_times_of_numpy():
    frame = pandas.DataFrame(
        {"r": [0.5, float("nan")], "at": [pandas.NaT, pandas.Timestamp("2026-01-01")], "step": [pandas.Timedelta(1, "s"), pandas.NaT]}
    )
    assert kql.query("T | project isnull(r), isnull(at), isnull(step)", {"T": frame}).to_dicts() == [
        {"Column1": False, "Column2": True, "Column3": False}, {"Column1": True, "Column2": False, "Column3": True}
    ]
    # every second row: the values do not follow each other in memory
    wide = pandas.DataFrame({"n": range(10), "r": [i / 2 for i in range(10)]})
    assert kql.query("T | project n, r", {"T": wide.iloc[::2]}).to_dicts() == [{"n": i, "r": i / 2} for i in range(0, 10, 2)]
    narrow = pandas.DataFrame({"a": numpy.arange(3, dtype="uint8"), "c": numpy.arange(3, dtype="float32")})
    assert kql.query("T | summarize sum(a), sum(c)", {"T": narrow}).fetchone() == (3, 3.0)


def test_what_json_cannot_say():
    rows = [{"Geo": {"lat": float("nan"), "city": "Berlin", "at": datetime.date(2026, 1, 1)}}]
    for frame in [rows, pandas.DataFrame(rows)]:
        assert answer(frame, "T | project city = tostring(Geo.city), isnull(Geo.lat)").fetchone() == ("Berlin", True)
    cycle = {}
    cycle["self"] = cycle
    for wrong in [cycle, {("a", 1): 2}]:
        with pytest.raises(kql.KqlError, match="Row 1: the value of d cannot be written as JSON"):
            answer([{"d": wrong}])


def test_types_of_polars():
    frame = polars.DataFrame(
        {"a": [1], "null": [None], "lists": [[None]], "big": polars.Series([2**70], dtype=polars.Int128),
         "category": polars.Series(["x"], dtype=polars.Categorical), "time": [datetime.time(1, 2)]}
    )
    result = answer(frame)
    assert types(result) == {
        "a": "long", "null": "string", "lists": "dynamic", "big": "decimal", "category": "string", "time": "timespan",
    }
    assert result[0] == (1, "", [None], decimal.Decimal(2**70), "x", datetime.timedelta(hours=1, minutes=2))
    assert answer(frame.lazy(), "T | project ['null'], a").fetchone() == ("", 1)
    with pytest.raises(kql.KqlError, match="The column 'o' of the table 'T' has the type Object of Polars"):
        answer(polars.DataFrame({"o": [object()]}))


def test_far_times_and_large_decimals():
    far = [datetime.datetime(2024, 1, 1), datetime.datetime(9999, 12, 31)]
    result = answer(pandas.DataFrame({"t": pandas.Series(far, dtype=object)}))
    assert [row.t.year for row in result] == [2024, 9999]
    big = decimal.Decimal("123456789012345678901234567890.5")
    result = answer(pandas.DataFrame({"d": [big, None]}))
    assert [row.d for row in result] == [big, None]
    with pytest.warns(kql.KqlWarning, match="d: decimals of more than 38 digits"):
        assert result.to_polars()["d"][0].startswith("123456789012345678901234567890.5")
    ids = pandas.DataFrame({"id": [uuid.UUID(int=1), None]})
    assert types(answer(ids)) == {"id": "guid"}


def test_what_is_no_table():
    for wrong, message in [
        (pandas.Series([1]), "is a Series, which is one column"),
        (polars.Series([1]), "is a Series, which is one column"),
        (pyarrow.chunked_array([[1]]), "is a ChunkedArray, which is one column"),
        (numpy.array([1]), "is a ndarray, which is one column"),
    ]:
        with pytest.raises(kql.KqlError, match=message):
            answer(wrong)
    for wrong in [pandas.DataFrame({"a": [1]}), [1], {5: [1]}]:
        with pytest.raises(kql.KqlError, match="tables must be a dict|The name of a table is 5"):
            kql.query("T", wrong)


def test_datasets_and_results_are_tables(tmp_path):
    import pyarrow.dataset
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table({"n": [1, 2]}), tmp_path / "t.parquet")
    dataset = pyarrow.dataset.dataset(tmp_path / "t.parquet")
    assert answer(dataset, "T | count").fetchone() == answer(dataset.scanner(), "T | count").fetchone() == (2,)
    assert answer(kql.query("print a = dynamic([1])"), "T | project a[0]").fetchone() == (1,)
