"""Data frames of pandas. Columns are converted when a query needs them; those with Arrow's types are not copied."""

import uuid

import numpy
import pandas

from kql import _kql
from kql._errors import KqlError

#: The time that is none.
NAT = numpy.iinfo("int64").min

#: Values of an object column that show its type, if they are texts.
SAMPLE = 1000


def source(name, frame, guess=None):
    """How the rows of a data frame are read. Named levels of its index are columns, too. With a guess, samples show which
    columns are texts: looking at every object takes longer than most queries."""
    # columns that are added or dropped later do not matter; where pandas copies on write, nor do changes of values
    frame = frame.copy(deep=False)
    series = _columns(name, frame)
    try:
        import pyarrow
    except ImportError:
        from kql._tables import _named

        return "held", _named(name, {column: _values(make()) for column, make in series.items()})

    types = {column: _type(name, column, make(), pyarrow, guess) for column, make in series.items()}
    fields = []
    for column, type in types.items():
        if isinstance(type, str):
            empty = pyarrow.table(_kql.Columns({column: []}, [type]))
            fields.append(empty.schema.field(0))
        else:
            fields.append(pyarrow.field(column, type))
    schema = pyarrow.schema(fields)

    def fetch(names, rows):
        picked = None if rows is None else numpy.frombuffer(rows, dtype="uint64").astype("int64")
        arrays = []
        for column in names:
            values = series[column]()
            if picked is not None and values.dtype == object:
                # objects are picked before they are converted, everything else after that: pandas is slow at it
                values = values.iloc[picked]
            # rows that are picked are copied anyway
            copy = picked is None and not _copies_on_write()
            array = _array(name, column, values, types[column], pyarrow, guess, copy)
            if picked is not None and values.dtype != object:
                array = array.take(pyarrow.array(picked))
            arrays.append(array)
        return pyarrow.table(arrays, schema=pyarrow.schema([schema.field(column) for column in names]))

    # without objects, fetching whole columns costs less than picking rows
    return "fetched", schema.empty_table(), fetch, lambda: len(frame), bool((frame.dtypes == object).any())


def _columns(name, frame):
    """A function for each column that returns its values."""
    series = {}

    def put(column, make):
        column = "_".join(map(str, column)) if isinstance(column, tuple) else str(column)
        if column in series:
            raise KqlError(f"The table '{name}' has two columns called '{column}'; rename one of them.", kind="data")
        series[column] = make

    for level, label in enumerate(frame.index.names):
        if label is not None and label not in frame.columns:
            put(label, lambda level=level: frame.index.get_level_values(level).to_series())
    for place, label in enumerate(frame.columns):
        put(label, lambda place=place: _dense(frame.iloc[:, place]))
    return series


def _dense(series):
    return series.sparse.to_dense() if isinstance(series.dtype, pandas.SparseDtype) else series


def _type(table, column, series, pyarrow, guess):
    """The type of a column in Arrow, or in KQL if its objects are converted by us."""
    if series.dtype == object:
        step = len(series) // SAMPLE if guess else 1
        kind = pandas.api.types.infer_dtype(series.iloc[:: max(step, 1)], skipna=True)
        if step > 1 and kind != "string":
            kind = pandas.api.types.infer_dtype(series, skipna=True)
        simple = {
            "string": pyarrow.large_string(),
            "empty": pyarrow.large_string(),
            "bytes": pyarrow.large_binary(),
            "boolean": pyarrow.bool_(),
            "integer": pyarrow.int64(),
            "floating": pyarrow.float64(),
            "mixed-integer-float": pyarrow.float64(),
            "time": pyarrow.time64("us"),
            "datetime": "datetime",
            "datetime64": "datetime",
            "date": "datetime",
            "timedelta": "timespan",
            "timedelta64": "timespan",
            "decimal": "decimal",
        }
        if kind == "mixed" and all(isinstance(value, uuid.UUID) for value in series.dropna()):
            return "guid"
        return simple.get(kind, "dynamic")
    try:
        type = pyarrow.array(series.iloc[:0], from_pandas=True).type
    except (pyarrow.ArrowException, TypeError, ValueError):
        raise KqlError(
            f"The column '{column}' of the table '{table}' has the type {series.dtype}, which no column of a query has; "
            "convert it with astype(str).",
            kind="data",
        ) from None
    # periods and intervals
    return pyarrow.large_string() if isinstance(type, pyarrow.ExtensionType) else type


def _copies_on_write():
    """Whether a change of a frame leaves the frames alone that share its values."""
    if int(pandas.__version__.split(".")[0]) >= 3:
        return True
    return pandas.get_option("mode.copy_on_write") is True


def _array(table, column, series, type, pyarrow, guess, copy):
    """The values of a column. Without a copy they are those of the series, which lives as long as they do: where pandas copies
    on write, it then copies the values before it changes them."""
    if isinstance(type, str):
        try:
            return pyarrow.table(_kql.Columns({column: series.tolist()}, [type])).column(0)
        except KqlError as error:
            raise KqlError(f"The table '{table}' cannot be read: {error}", kind="data") from None
    try:
        if type == pyarrow.large_string() and series.dtype != object and not _is_text(series):
            series = series.astype(str)
        if type == pyarrow.large_string() and series.dtype == object:
            # faster than pyarrow, and refuses the same values
            return pyarrow.array(_kql.texts(numpy.ascontiguousarray(series.to_numpy())))
        if pyarrow.types.is_timestamp(type) and isinstance(series.dtype, pandas.DatetimeTZDtype):
            values = series.dt.tz_convert(None).to_numpy(copy=copy)
        elif isinstance(series.dtype, numpy.dtype) and series.dtype != object:
            values = series.to_numpy(copy=copy)
        else:
            values = series
        array = _in_place(values, type, series, pyarrow)
        if array is None:
            array = pyarrow.array(values, type=type, from_pandas=True)
    except (pyarrow.ArrowException, OverflowError, TypeError, ValueError) as error:
        if guess:
            guess.wrong = True
        raise KqlError(f"The column '{column}' of the table '{table}' cannot be read: {error}", kind="data") from None
    return array


def _in_place(values, type, owner, pyarrow):
    """Numbers and times of numpy as they are in memory, kept alive together with `owner`. None if Arrow's form of them is another
    one: then they are converted, which copies them."""
    kind = values.dtype.kind if isinstance(values, numpy.ndarray) else "O"
    if kind not in "iufmM" or not values.flags.c_contiguous or not values.dtype.isnative:
        return None
    if not pyarrow.types.is_primitive(type) or values.dtype.itemsize * 8 != type.bit_width:
        return None
    validity = None
    if kind in "fmM":
        # a comparison is many times as fast as asking value by value
        present = values == values if kind == "f" else values.view("int64") != NAT
        if not present.all():
            validity = pyarrow.py_buffer(numpy.packbits(present, bitorder="little"))
    buffer = pyarrow.foreign_buffer(values.ctypes.data, values.nbytes, base=(values, owner))
    return pyarrow.Array.from_buffers(type, len(values), [validity, buffer])


def _is_text(series):
    return pandas.api.types.is_string_dtype(series.dtype)


def _values(series):
    """The values of a column as Python's."""
    return series.astype(object).tolist()
