"""Engines, and the functions that use one for a single query."""

from collections.abc import Mapping

from kql import _kql
from kql._errors import KqlError
from kql._result import Column, Result
from kql._settings import settings as native_settings
from kql._tables import Guess, given


def _result(answer):
    return Result(*answer)


async def _in_thread(call):
    """Awaits a call that takes a token which stops it; it is stopped if the task is cancelled."""
    import asyncio

    cancel = _kql.Cancel()
    running = asyncio.get_running_loop().run_in_executor(None, call, cancel)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        cancel.cancel()
        try:
            # the tables of the call are in use until it has ended
            await running
        except (Exception, KeyboardInterrupt):
            pass
        raise


class Engine:
    """Tables and settings for several queries.

    `tables` is a dict of tables by their names: data frames of pandas and Polars, pyarrow's tables, DuckDB's relations,
    everything else with `__arrow_c_stream__` or `__arrow_c_array__`, dicts of lists, lists of dicts, and paths of files.
    Iterables and readers are read now. The other arguments are the options of the command line:

    - `data`: a file or folder, a list of them, or a dict of files by the names of their tables;
    - `now`: the value of `now()`, a datetime or a text;
    - `profile`: which tables are known: `unified`, `sentinel` or `defender`;
    - `params`: values of `declare query_parameters`;
    - `functions`: files of saved functions, or a dict of queries, or of dicts with `parameters` and `body`;
    - `schemas`: files of schemas, or a dict of columns with their types by the names of tables;
    - `external`: a folder with copies of external data, or a dict of files by their addresses;
    - `external_missing`: `refuse` a query whose external data has no copy, or take it as `empty`;
    - `allow_files`: folders from which `externaldata` may read;
    - `memory`: what queries may use before they continue in temporary files, such as `4GB`;
    - `strict`: whether a damaged row of a file is an error;
    - `tz`, `date_order`, `folder_dates`, `geo_ip`: see `kql run --help`;
    - `cluster`: the scheduler of a cluster that runs queries over files, as `HOST:PORT`; see `kql cluster --help`.

    An engine can be used from several threads at once.

    >>> import kql
    >>> with kql.Engine({"T": {"Name": ["a", "b"], "Size": [1, 2]}}) as engine:
    ...     engine.query("T | summarize sum(Size)").fetchone()
    (3,)
    """

    def __init__(self, tables=None, **settings):
        self._native = _native(tables, settings)

    def query(self, text, *, on_progress=None):
        """Runs a query and returns its `Result`. `on_progress` is called with the rows and bytes that were read and the
        seconds that passed, a few times a second."""
        return _result(self._alive().query(text, on_progress))

    async def query_async(self, text):
        """`query` for async code. It stops when the task is cancelled."""
        return _result(await _in_thread(lambda cancel: self._alive().query(text, None, cancel)))

    def check(self, text):
        """The findings in a query, which does not run.

        >>> import kql
        >>> [finding.message for finding in kql.Engine().check("print x = y")]
        ["The name 'y' does not refer to any known column, table, variable or function."]
        """
        return self._alive().check(text)[0]

    def prepare(self, text):
        """Binds a query that runs several times."""
        return Prepared(self._alive().prepare(text))

    async def prepare_async(self, text):
        """`prepare` for async code."""
        return Prepared(await _in_thread(lambda cancel: self._alive().prepare(text, cancel)))

    def schema(self, name):
        """The columns of a table with their types.

        >>> import kql
        >>> kql.Engine({"T": [{"Name": "a", "Tags": ["x"]}]}).schema("T")
        [Column(name='Name', type='string'), Column(name='Tags', type='dynamic')]
        """
        return [Column(*column) for column in self._alive().schema(name)]

    @property
    def tables(self):
        """The names of the tables with data."""
        return self._alive().tables()[0]

    @property
    def known_tables(self):
        """The names of all tables that a query can name: those with data, and those with a known schema."""
        return self._alive().tables()[1]

    def complete(self, text, cursor=None):
        """Where the word at the cursor begins, and what it can become, each with what that is."""
        return self._alive().complete(text, len(text) if cursor is None else cursor)

    def close(self):
        """Lets go of the tables."""
        self._native = None

    def _alive(self):
        if self._native is None:
            raise ValueError("The engine was closed.")
        return self._native

    def __enter__(self):
        self._alive()
        return self

    def __exit__(self, *exception):
        self.close()

    def __repr__(self):
        return "kql.Engine(closed)" if self._native is None else f"kql.Engine({', '.join(self.tables)})"


class Prepared:
    """A query that is bound, from `Engine.prepare`.

    >>> import kql
    >>> prepared = kql.Engine({"T": [{"n": 1}, {"n": 2}]}).prepare("T | count")
    >>> prepared.columns, prepared.tables, prepared.run().fetchone()
    ([Column(name='Count', type='long')], ['T'], (2,))
    """

    def __init__(self, native):
        self._native = native

    def run(self, *, on_progress=None):
        """Runs it and returns its `Result`."""
        return _result(self._native.run(on_progress))

    async def run_async(self):
        """`run` for async code. It stops when the task is cancelled."""
        return _result(await _in_thread(lambda cancel: self._native.run(None, cancel)))

    @property
    def columns(self):
        """The columns of the first result."""
        results = self._native.columns()
        return [Column(*column) for column in results[0]] if results else []

    @property
    def tables(self):
        """The names of the tables that it reads."""
        return self._native.tables()

    @property
    def diagnostics(self):
        """Warnings about it."""
        return self._native.diagnostics()


def _native(tables, settings, once=None, guess=None):
    frames, files = given(tables, guess)
    ready = native_settings(**settings)
    ready["data"] += files
    return _kql.NativeEngine(frames, ready, once)


def _once(text, tables, settings, on_progress=None, cancel=None):
    """A query over tables that are used once: the types of their columns are guessed from samples."""
    guess = None
    # a table that is read once cannot be read again if the guess was wrong
    if isinstance(tables, Mapping) and not any(hasattr(table, "__next__") or hasattr(table, "read_next_batch") for table in tables.values()):
        guess = Guess()
    try:
        return _native(tables, settings, text, guess).query(text, on_progress, cancel)
    except KqlError:
        if not guess or not guess.wrong:
            raise
    return _native(tables, settings, text).query(text, on_progress, cancel)


def query(
    text,
    tables=None,
    *,
    data=None,
    now=None,
    profile="unified",
    params=None,
    functions=None,
    external=None,
    memory=None,
    on_progress=None,
    **settings,
):
    """Runs a query and returns its `Result`. The arguments are those of `Engine`; iterables and readers are read while the
    query runs.

    >>> import kql
    >>> kql.query("T | summarize Count = count() by Name", {"T": {"Name": ["a", "b", "a"]}}).to_dicts()
    [{'Name': 'a', 'Count': 2}, {'Name': 'b', 'Count': 1}]
    >>> kql.query("declare query_parameters(n: long); print n * 2", params={"n": 21}).fetchone()
    (42,)
    """
    settings.update(
        data=data, now=now, profile=profile, params=params, functions=functions, external=external, memory=memory
    )
    return _result(_once(text, tables, settings, on_progress))


async def query_async(text, tables=None, **settings):
    """`query` for async code. It stops when the task is cancelled."""
    return _result(await _in_thread(lambda cancel: _once(text, tables, settings, None, cancel)))
