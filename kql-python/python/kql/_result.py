"""Results of queries."""

import functools
import itertools
import warnings
from typing import NamedTuple

from kql import _kql
from kql._errors import KqlWarning

#: Rows that a notebook and `print` show.
SHOWN = 100
PRINTED = 20
#: Rows that are converted to Python's values at once.
CHUNK = 4096

_fragments = itertools.count(1)


class Column(NamedTuple):
    """A column of a result: its name, and its type in KQL."""

    name: str
    type: str


class Render(NamedTuple):
    """What `render` asks for: the kind, such as `timechart`, and the properties."""

    kind: str
    properties: dict[str, str]


class Row(tuple):
    """A row of a result: a tuple whose cells also have the names of their columns.

    >>> import kql
    >>> row = kql.query("print Name = 'a', Size = 1").fetchone()
    >>> row, row["Size"], row.Name
    (('a', 1), 1, 'a')
    """

    _names: dict[str, int] = {}

    def __getitem__(self, key):
        if isinstance(key, str):
            try:
                return tuple.__getitem__(self, self._names[key])
            except KeyError:
                raise KeyError(f"there is no column '{key}'; the columns are {', '.join(self._names)}") from None
        return tuple.__getitem__(self, key)

    def __getattr__(self, name):
        try:
            return tuple.__getitem__(self, self._names[name])
        except KeyError:
            raise AttributeError(f"there is no column '{name}'") from None

    def __reduce__(self):
        return _row, (list(self._names), tuple(self))

    def keys(self):
        """The names of the columns."""
        return list(self._names)

    def as_dict(self):
        """The cells by the names of their columns."""
        return dict(zip(self._names, self))


def _row_class(names):
    return type("Row", (Row,), {"_names": {name: place for place, name in enumerate(names)}, "__module__": __name__})


def _row(names, cells):
    return _row_class(names)(cells)


class Result:
    """The result of a query.

    A query with several tabular statements, or with `fork`, has several results: `tables` has all of them, and the others
    of its attributes are those of the first.

    >>> import kql
    >>> result = kql.query("range n from 1 to 3 step 1 | extend square = n * n")
    >>> result.columns
    [Column(name='n', type='long'), Column(name='square', type='long')]
    >>> len(result), result.fetchone()
    (3, (1, 1))
    >>> [row.square for row in result]
    [1, 4, 9]

    Iteration, `fetchone` and `fetchall` give rows as tuples: datetimes with the time zone UTC, timespans as `timedelta`,
    decimals as `Decimal`, dynamic values as dicts, lists, texts and numbers, everything that is null as None.
    """

    def __init__(self, tables, diagnostics=(), notices=(), _others=None):
        self._native = tables[0] if tables else None
        self._all = tables
        self._others = _others
        #: Warnings about the query.
        self.diagnostics = list(diagnostics)
        #: Sentences about the data: tables without data, rows and values that could not be read.
        self.notices = list(notices)
        self._next = 0
        self._buffer = []
        self._told = False

    @property
    def tables(self):
        """The results of all statements."""
        if self._others is None:
            rest = [Result([table], _others=[]) for table in self._all[1:]]
            self._others = rest
        return [self, *self._others]

    @property
    def name(self):
        """`PrimaryResult`, or the name that the query gives it."""
        return self._native.name if self._native else "PrimaryResult"

    @functools.cached_property
    def columns(self):
        """The columns with their types in KQL."""
        return [Column(*column) for column in self._native.columns] if self._native else []

    @property
    def render(self):
        """What `render` asks for; None if the query has none."""
        asked = self._native.render if self._native else None
        return Render(asked[0], dict(asked[1])) if asked else None

    def __reduce__(self):
        raise TypeError("A Result cannot be pickled; pass on to_arrow(), to_pandas() or to_dicts().")

    def __len__(self):
        return self._native.height if self._native else 0

    def __bool__(self):
        return True

    @functools.cached_property
    def _class(self):
        return _row_class([name for name, _ in self.columns])

    def _rows(self, begin, count):
        return [self._class(cells) for cells in self._native.rows(begin, count)] if self._native else []

    def __iter__(self):
        for begin in range(0, len(self), CHUNK):
            yield from self._rows(begin, CHUNK)

    def __getitem__(self, place):
        if isinstance(place, slice):
            begin, end, step = place.indices(len(self))
            if step == 1:
                return self._rows(begin, max(end - begin, 0))
            return [self[at] for at in range(begin, end, step)]
        at = place + len(self) if place < 0 else place
        if not 0 <= at < len(self):
            raise IndexError(f"there is no row {place}: the result has {len(self)}")
        return self._rows(at, 1)[0]

    def fetchone(self):
        """The next row; None after the last one."""
        if not self._buffer:
            self._buffer = self._rows(self._next, CHUNK)[::-1]
            self._next += len(self._buffer)
        return self._buffer.pop() if self._buffer else None

    def fetchmany(self, size=1):
        """The next rows, at most `size`."""
        return list(itertools.islice(iter(self.fetchone, None), size))

    def fetchall(self):
        """The rows that are left."""
        return list(iter(self.fetchone, None))

    def to_dicts(self):
        """The rows as dicts."""
        names = [name for name, _ in self.columns]
        return [dict(zip(names, row)) for row in self]

    def _tell(self):
        if not self._told and self._native:
            self._told = True
            for loss in self._native.losses():
                warnings.warn(loss, KqlWarning, stacklevel=4)

    def __arrow_c_stream__(self, requested_schema=None):
        """The result as Arrow data, without a copy except for times: datetimes and timespans are in nanoseconds, or in
        microseconds if a value does not fit; a warning says so."""
        self._tell()
        native = self._native or _kql.Columns({})
        return native.__arrow_c_stream__(requested_schema)

    def to_arrow(self):
        """The result as a `pyarrow.Table`. Dynamic columns are JSON texts with Arrow's extension type for JSON."""
        import pyarrow

        return pyarrow.table(self)

    def to_polars(self):
        """The result as a `polars.DataFrame`. Dynamic columns are JSON texts."""
        import polars

        self._tell()
        wide = self._native.wide_decimals() if self._native else []
        if wide:
            warnings.warn(f"{', '.join(wide)}: decimals of more than 38 digits do not fit Polars' type; the column has texts.",
                          KqlWarning, stacklevel=2)
        return polars.DataFrame(_Plain(self, wide_decimals=False))

    def to_pandas(self):
        """The result as a `pandas.DataFrame`. Integers and bools have pandas' nullable types, datetimes the time zone UTC;
        dynamic columns are JSON texts."""
        import pandas

        try:
            import pyarrow
        except ImportError:
            return self._pandas_without_arrow(pandas)
        nullable = {
            pyarrow.bool_(): pandas.BooleanDtype(),
            pyarrow.int32(): pandas.Int32Dtype(),
            pyarrow.int64(): pandas.Int64Dtype(),
        }
        self._tell()
        return pyarrow.table(_Plain(self)).to_pandas(types_mapper=nullable.get)

    def _pandas_without_arrow(self, pandas):
        import json

        types = {"bool": "boolean", "int": "Int32", "long": "Int64", "real": "float64", "timespan": "timedelta64[ns]"}
        rows = list(self)
        frame = {}
        for place, (name, type) in enumerate(self.columns):
            values = [tuple.__getitem__(row, place) for row in rows]
            if type == "datetime":
                frame[name] = pandas.to_datetime(pandas.Series(values, dtype=object), utc=True)
            elif type == "dynamic":
                texts = [None if v is None else json.dumps(v, ensure_ascii=False, separators=(",", ":")) for v in values]
                frame[name] = pandas.Series(texts, dtype=object)
            else:
                frame[name] = pandas.Series(values, dtype=types.get(type, object))
        return pandas.DataFrame(frame)

    def vega_lite(self):
        """The Vega-Lite specification of the drawing that `render` asks for, as a dict; None if there is none."""
        import json

        spec = self._native.vega_lite() if self._native else None
        return json.loads(spec) if spec else None

    def _repr_html_(self):
        notes = [*(d.message for d in self.diagnostics), *self.notices]
        html = _kql.html(self._all, SHOWN, next(_fragments))
        return html + "".join(f'<div style="color:#7a5b00">{_escaped(note)}</div>' for note in notes)

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = {"text/plain": repr(self), "text/html": self._repr_html_()}
        spec = self.vega_lite()
        if spec:
            bundle["application/vnd.vegalite.v5+json"] = spec
        return bundle

    def __repr__(self):
        if not self._native:
            return "no result"
        import shutil

        text = self._native.text(PRINTED, shutil.get_terminal_size().columns)
        more = len(self) - PRINTED
        lines = text.rstrip("\n").split("\n")
        if more > 0:
            lines[-1] = f"{len(self)} rows, the first {PRINTED} shown"
        return "\n".join(lines)


class _Plain:
    """A result as Arrow data without extension types, which not every program knows."""

    def __init__(self, result, wide_decimals=True):
        self._result, self._wide_decimals = result, wide_decimals

    def __arrow_c_stream__(self, requested_schema=None):
        native = self._result._native
        if native is None:
            return _kql.Columns({}).__arrow_c_stream__(requested_schema)
        return native.plain_stream(self._wide_decimals)


def _escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
