"""The settings of an engine in the form that the native half takes."""

import datetime
import os
from collections.abc import Mapping

from kql._errors import KqlError


def settings(
    *,
    data=None,
    now=None,
    profile="unified",
    params=None,
    functions=None,
    schemas=None,
    external=None,
    external_missing="refuse",
    allow_files=None,
    memory=None,
    strict=False,
    tz=None,
    date_order=None,
    folder_dates="arrival",
    geo_ip=None,
    cluster=None,
):
    if params is not None and not (isinstance(params, Mapping) and all(isinstance(name, str) for name in params)):
        raise KqlError(f"params must be a dict of values by their names, not {params!r}.", kind="setting")
    if data is not None and not isinstance(data, (Mapping, list, tuple)) and not is_path(data):
        raise KqlError(f"data must be a path, a list of paths, or a dict of paths by tables, not {data!r}.", kind="setting")
    if not isinstance(strict, bool):
        raise KqlError(f"strict must be True or False, not {strict!r}.", kind="setting")
    function_files, bodies = _functions(functions)
    schema_files, columns = _schemas(schemas)
    addresses, folders = _external(external)
    return {
        "data": _data(data),
        "now": None if now is None else _text(now),
        "profile": profile,
        "params": [(name, _text(value)) for name, value in (params or {}).items()],
        "function_files": function_files,
        "functions": bodies,
        "schema_files": schema_files,
        "schemas": columns,
        "external": addresses,
        "external_folders": folders,
        "external_missing": external_missing,
        "allow_files": _paths(allow_files),
        "memory": None if memory is None else str(memory),
        "strict": strict,
        "tz": tz,
        "date_order": date_order,
        "folder_dates": folder_dates,
        "geo_ip": geo_ip,
        "cluster": cluster,
    }


def is_path(value):
    return isinstance(value, (str, os.PathLike))


def _paths(value):
    if value is None:
        return []
    return [value] if is_path(value) else list(value)


def _data(data):
    """Pairs of a table's name, or None, and a path."""
    if isinstance(data, dict):
        return [(name, path) for name, paths in data.items() for path in _paths(paths)]
    pairs = []
    for path in _paths(data):
        name = None
        # NAME=PATH, as on the command line; a URL can have = in the names of its folders
        if isinstance(path, str) and "=" in path and not os.path.exists(path):
            before, after = path.split("=", 1)
            if "://" not in before:
                name, path = before, after
        pairs.append((name, path))
    return pairs


def _functions(functions):
    """Files of saved functions, and those that are given by their names."""
    if not isinstance(functions, dict):
        return _paths(functions), []
    bodies = []
    for name, function in functions.items():
        if isinstance(function, str):
            bodies.append((name, "()", function))
        elif isinstance(function, dict) and "body" in function:
            bodies.append((name, function.get("parameters", "()"), function["body"]))
        else:
            raise KqlError(
                f"functions: {name} must be the text of a query, or a dict with 'parameters' and 'body'.", kind="setting"
            )
    return [], bodies


def _schemas(schemas):
    """Files of schemas, and those that are given by the tables' names."""
    if not isinstance(schemas, dict):
        return _paths(schemas), []
    tables = []
    for table, columns in schemas.items():
        pairs = columns.items() if isinstance(columns, dict) else columns
        tables.append((table, [(name, str(type)) for name, type in pairs]))
    return [], tables


def _external(external):
    """Copies of external data by their addresses, and folders of copies."""
    if isinstance(external, dict):
        return list(external.items()), []
    return [], _paths(external)


def _text(value):
    """A value as a query writes it, without quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return value.isoformat() + "Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        sign, value = ("-", -value) if value < datetime.timedelta() else ("", value)
        minutes, seconds = divmod(value.seconds, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{sign}{value.days}.{hours:02}:{minutes:02}:{seconds:02}.{value.microseconds:06}"
    if isinstance(value, (dict, list, tuple)):
        from kql._tables import json_text

        return json_text(value)
    return str(value)
