"""Tables that Python holds, in the forms that the native half reads:

- `held`: Arrow data, which is used where it is;
- `fetched`: an empty table with the columns; a function that returns columns by their names as Arrow data; a function that
  returns the number of rows; and whether the first one can leave rows out: it gets the numbers of the rows as bytes, or
  None for all of them. Only the columns and the rows that a query needs are fetched;
- `reader`, `chunks`: rows that can be read once.
"""

import itertools

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
    for name, value in (tables or {}).items():
        if is_path(value):
            data.append((name, value))
        else:
            way, *parts = source(name, value, guess)
            found.append((name, way, parts))
    return found, data


def source(name, value, guess=None):
    """How the rows of a table are read."""
    package = type(value).__module__.split(".")[0]
    if package == "pandas" and hasattr(value, "columns"):
        from kql import _pandas

        return _pandas.source(name, value, guess)
    if package == "polars" and hasattr(value, "collect_schema") and hasattr(value, "collect"):
        return _lazy_polars(value)
    if package in ("duckdb", "_duckdb") and hasattr(value, "project"):
        return _duckdb(value)
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
        f"The table {name} is a {kind}; pass a data frame, Arrow data, a dict of lists, a list of dicts, or the path of a "
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
                f"The column {column} of the table {name} is a {kind}; in a dict, each column is a list.", kind="data"
            )
        lists[column] = _plain(values)
    return _named(name, lists)


def rows(name, table):
    """A list of dicts. A row that lacks a column has no value in it."""
    lists = _transposed(name, table, {})
    return _named(name, lists)


def _named(name, lists, types=None):
    try:
        return _kql.Columns(lists, types)
    except KqlError as error:
        raise KqlError(f"The table {name} cannot be read: {error}", kind="data") from None


def _transposed(name, rows, lists, known=False):
    count = 0
    for row in rows:
        if not hasattr(row, "keys"):
            kind = type(row).__name__
            raise KqlError(f"Row {count + 1} of the table {name} is a {kind}; in a list, each row is a dict.", kind="data")
        for column in row.keys():
            if column in lists:
                continue
            if known:
                raise KqlError(
                    f"The table {name} has a row with the new column {column}; the columns of an iterable are those of "
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
    if kind in ("M", "m"):
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
    while True:
        some = list(itertools.islice(rest, CHUNK))
        if not some:
            return
        yield _named(name, _transposed(name, some, {column: [] for column in names}, known=True), types)


def _lazy_polars(frame):
    import polars

    return (
        "fetched",
        frame.limit(0).collect(),
        lambda names, rows: frame.select(names).collect(),
        lambda: frame.select(polars.len()).collect().item(),
        False,
    )


def _duckdb(relation):
    def fetch(names, rows):
        return relation.project(", ".join('"' + name.replace('"', '""') + '"' for name in names))

    return "fetched", relation.limit(0), fetch, lambda: relation.aggregate("count(*)").fetchall()[0][0], False


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
