"""Data frames of Polars."""

import polars

from kql._errors import KqlError


def source(name, frame):
    """How the rows of a data frame, or of a lazy one, are read."""
    if isinstance(frame, polars.DataFrame):
        return "held", _readable(name, frame, frame.schema)
    schema = frame.collect_schema()
    _checked(name, schema)

    def fetch(names, rows):
        return _readable(name, frame.select(names).collect(), {column: schema[column] for column in names})

    return (
        "fetched",
        _readable(name, frame.limit(0).collect(), schema),
        fetch,
        lambda: frame.select(polars.len()).collect().item(),
        False,
    )


def _readable(name, frame, schema):
    """The frame without types that Arrow's importer does not know; other columns are not copied."""
    _checked(name, schema)
    wanted = {column: _known(type) for column, type in schema.items()}
    casts = [polars.col(column).cast(type) for column, type in wanted.items() if type != schema[column]]
    return frame.with_columns(casts) if casts else frame


def _checked(name, schema):
    for column, type in schema.items():
        if type == polars.Object:
            raise KqlError(
                f"The column '{column}' of the table '{name}' has the type Object of Polars, which only Python can read; convert "
                "it, for example with map_elements(str, return_dtype=polars.String).",
                kind="data",
            )


def _known(type):
    """The type that is read instead of another one."""
    if type == polars.Null:
        return polars.String
    if type in (polars.Int128, getattr(polars, "UInt128", polars.Int128)):
        return polars.Decimal(38, 0)
    if isinstance(type, polars.List):
        return polars.List(_known(type.inner))
    if isinstance(type, polars.Array):
        return polars.Array(_known(type.inner), type.size)
    if isinstance(type, polars.Struct):
        return polars.Struct({field.name: _known(field.dtype) for field in type.fields})
    return type
