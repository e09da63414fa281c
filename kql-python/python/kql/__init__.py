"""Kusto queries (KQL) of Microsoft Sentinel and Defender on local data, in process.

>>> import kql
>>> rows = [{"Name": "a", "Size": 1}, {"Name": "b", "Size": 2}]
>>> kql.query("T | where Size > 1 | project Name", {"T": rows}).to_dicts()
[{'Name': 'b'}]

Tables are pandas, Polars, pyarrow and DuckDB objects, everything else with Arrow's PyCapsule interface, dicts of lists, and
lists of dicts. Arrow data is used where it is, without a copy.
"""

from kql._engine import Engine, Prepared, query, query_async
from kql._errors import Diagnostic, KqlError, KqlWarning
from kql._kql import __version__
from kql._result import Column, Render, Result, Row

__all__ = [
    "Column",
    "Diagnostic",
    "Engine",
    "KqlError",
    "KqlWarning",
    "Prepared",
    "Render",
    "Result",
    "Row",
    "__version__",
    "load_ipython_extension",
    "query",
    "query_async",
]


def load_ipython_extension(ipython):
    """Adds the magics `%kql` and `%%kql` to a notebook: `%load_ext kql`."""
    from kql._magic import register

    register(ipython)
