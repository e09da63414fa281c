"""Tables that Python holds, in the forms that the native half reads:

- `held`: Arrow data, which is used where it is;
- `fetched`: an empty table with the columns; a function that returns columns by their names as Arrow data; a function that
  returns the number of rows; and whether the first one can leave rows out: it gets the numbers of the rows as bytes, or
  None for all of them. Only the columns and the rows that a query needs are fetched;
- `reader`, `chunks`: rows that can be read once.
"""

import itertools
import json
import math
import threading
from collections.abc import Mapping

from kql import _kql
from kql._errors import KqlError
from kql._settings import is_path

#: Rows of an iterable that are converted at once.
CHUNK = 8192


class Guess:
    """Whether a column that a sample showed as texts has other values, too."""

    wrong = False


def given(tables, guess=None):
    """The tables, and the paths of those that are files. `guess` is that of `kql._pandas.source`."""
    found, data = [], []
    if tables is None:
        return found, data
    if not isinstance(tables, Mapping):
        kind = type(tables).__name__
        raise KqlError(f"tables must be a dict of tables by their names, not a {kind}: {{'T': ...}}.", kind="setting")
    for name, value in tables.items():
        if not isinstance(name, str):
            raise KqlError(f"The name of a table is {name!r}; it must be a text.", kind="setting")
        if is_path(value):
            data.append((name, value))
        else:
            try:
                way, *parts = source(name, value, guess)
            except KqlError:
                raise
            except Exception as error:
                raise KqlError(f"The table '{name}' cannot be read: {error}", kind="data") from error
            found.append((name, way, parts))
    return found, data


def source(name, value, guess=None):
    """How the rows of a table are read."""
    package = type(value).__module__.split(".")[0]
    if package == "pandas" and hasattr(value, "columns"):
        from kql import _pandas

        return _pandas.source(name, value, guess)
    if package == "polars" and hasattr(value, "collect_schema"):
        from kql import _polars

        return _polars.source(name, value)
    if package in ("duckdb", "_duckdb") and hasattr(value, "project"):
        return _duckdb(name, value)
    if hasattr(value, "to_reader") and not hasattr(value, "__arrow_c_stream__"):
        # a scanner of pyarrow
        return "reader", value.to_reader()
    if hasattr(value, "scanner") and not hasattr(value, "__arrow_c_stream__"):
        # a dataset of pyarrow
        return "reader", value.scanner().to_reader()
    if type(value).__name__ in ("Series", "ChunkedArray", "Array", "ndarray"):
        kind = type(value).__name__
        raise KqlError(f"The table '{name}' is a {kind}, which is one column; pass a frame, or {{'column': values}}.", kind="data")
    # a reader that has been read is empty the second time
    if hasattr(value, "read_next_batch") or hasattr(value, "closed") and hasattr(value, "__arrow_c_stream__"):
        return "reader", value
    if hasattr(value, "__arrow_c_stream__") or hasattr(value, "__arrow_c_array__"):
        return "held", value
    if isinstance(value, dict):
        return "held", columns(name, value)
    if isinstance(value, (list, tuple)) and not any(map(_is_arrow, value)):
        return "held", rows(name, value)
    if hasattr(value, "__iter__") and not isinstance(value, (str, bytes)):
        return _iterable(name, value)
    kind = type(value).__name__
    raise KqlError(
        f"The table '{name}' is a {kind}; pass a data frame, Arrow data, a dict of lists, a list of dicts, or the path of a "
        "file.",
        kind="data",
    )


def columns(name, table):
    """A dict of lists."""
    lists = {}
    for column, values in table.items():
        if isinstance(values, (str, bytes, dict)) or not hasattr(values, "__iter__"):
            kind = type(values).__name__
            raise KqlError(
                f"The column '{column}' of the table '{name}' is a {kind}; in a dict, each column is a list.", kind="data"
            )
        lists[column] = _plain(values)
    return _named(name, lists)


def rows(name, table):
    """A list of dicts. A row that lacks a column has no value in it."""
    lists = _transposed(name, table, {})
    return _named(name, lists)


def _named(name, lists, types=None, before=0):
    try:
        return _kql.Columns(lists, types, before)
    except KqlError as error:
        raise KqlError(f"The table '{name}' cannot be read: {error}", kind="data") from None


def _transposed(name, rows, lists, known=False, before=0):
    count = 0
    for row in rows:
        if not hasattr(row, "keys"):
            kind = type(row).__name__
            raise KqlError(f"Row {before + count + 1} of the table '{name}' is a {kind}; in a list, each row is a dict.", kind="data")
        for column in row.keys():
            if column in lists:
                continue
            if known:
                raise KqlError(
                    f"The table '{name}' has a row with the new column '{column}'; the columns of an iterable are those of "
                    f"its first {CHUNK} rows.",
                    kind="data",
                )
            lists[column] = [None] * count
        for column, values in lists.items():
            values.append(row.get(column) if hasattr(row, "get") else row[column] if column in row.keys() else None)
        count += 1
    return lists


def _plain(values):
    """Values of numpy as values of Python."""
    kind = getattr(getattr(values, "dtype", None), "kind", None)
    if kind in ("M", "m") and type(values).__module__ == "numpy":
        values = values.astype(f"{kind}8[us]")
    return values.tolist() if hasattr(values, "tolist") else list(values)


def _is_arrow(value):
    return hasattr(value, "__arrow_c_stream__") or hasattr(value, "__arrow_c_array__")


def _iterable(name, value):
    rest = iter(value)
    first = next(rest, None)
    if first is None:
        return "held", _named(name, {})
    if _is_arrow(first):
        return "chunks", first, rest
    rest = itertools.chain([first], rest)
    lists = _transposed(name, itertools.islice(rest, CHUNK), {})
    begin = _named(name, lists)
    return "chunks", begin, _chunks(name, rest, list(lists), begin.types)


def _chunks(name, rest, names, types):
    before = CHUNK
    while some := list(itertools.islice(rest, CHUNK)):
        lists = _transposed(name, some, {column: [] for column in names}, known=True, before=before)
        yield _named(name, lists, types, before)
        before += len(some)


#: A connection of DuckDB runs one query at a time.
_DUCKDB = threading.RLock()


def _duckdb(name, relation):
    def fetch(names, rows):
        columns = ", ".join('"' + name.replace('"', '""') + '"' for name in names)
        with _DUCKDB:
            # read to the end while the connection is ours
            return _kql.Held(relation.project(columns))

    def count():
        with _DUCKDB:
            return relation.aggregate("count(*)").fetchall()[0][0]

    with _DUCKDB:
        empty = _kql.Held(relation.limit(0))
    return "fetched", empty, fetch, count, False


def json_text(value):
    """A value as JSON. What is not a number in JSON (NaN, infinity) is null."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=json_default)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, default=json_default)


def _finite(value, depth=0):
    if depth > 500:
        raise ValueError("it is nested too deep, or in itself")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_finite(inner, depth + 1) for inner in value]
    if hasattr(value, "tolist"):
        return _finite(value.tolist(), depth + 1)
    return value


def json_default(value):
    """What JSON has no form for, as a text or a number."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    return str(value)
