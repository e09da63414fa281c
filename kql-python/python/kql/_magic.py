"""The magics `%kql` and `%%kql` of Jupyter and IPython."""

import argparse
import shlex

from kql._engine import Engine, query
from kql._errors import KqlError
from kql._result import Result

#: A run that takes longer shows what it has read.
PATIENCE = 1.0


class _Wrong(Exception):
    pass


class CellError(KqlError):
    """An error of a query in a cell: the traceback would be that of the magic, and say nothing about the query."""

    def _render_traceback_(self):
        return str(self).split("\n")

    def __reduce__(self):
        return CellError, (str(self), self.diagnostics, self.kind)


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise _Wrong(f"{message}\n{self.format_usage().rstrip()}")

    def exit(self, status=0, message=None):
        raise _Wrong(message or "")


def _parser():
    parser = _Parser(prog="%%kql", add_help=False)
    add = parser.add_argument
    add("-o", "--output", metavar="NAME", help="the variable that gets the result; then it is not shown")
    add("--data", metavar="[NAME=]PATH", action="append", help="a file or folder of tables; can be given several times")
    add("--now", metavar="TIME", help="the value of now()")
    add("--profile", choices=["unified", "sentinel", "defender"], default="unified")
    add("--param", metavar="NAME=VALUE", action="append", default=[], help="a value of declare query_parameters")
    add("--functions", metavar="FILE", action="append", help="a file of saved functions")
    add("--external", metavar="FOLDER", action="append", help="a folder with copies of external data")
    add("--memory", metavar="SIZE", help="such as 4GB")
    add("--help", action="store_true", help="shows this")
    return parser


def _options(line):
    """The options at the beginning of a line, and the text behind them."""
    lexer = shlex.split(line, posix=True) if line.strip() else []
    parser = _parser()
    if not lexer or not lexer[0].startswith("-"):
        return parser.parse_args([]), line
    # the query begins after the last option, and keeps its own quotes
    taken, rest, words = [], line.lstrip(), list(lexer)
    flags = {"--help"}
    while words and words[0].startswith("-"):
        word = words.pop(0)
        taken.append(word)
        rest = _without(rest)
        if word not in flags and "=" not in word and words:
            taken.append(words.pop(0))
            rest = _without(rest)
    return parser.parse_args(taken), rest


def _without(line):
    """The line without its first word, which can be quoted."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.get_token()
    return lexer.instream.read()


def _frames(namespace):
    """The tables of a notebook: its data frames and Arrow data, by their names."""
    found = {}
    for name, value in namespace.items():
        if name.startswith("_") or isinstance(value, type):
            continue
        if isinstance(value, Result):
            found[name] = value
            continue
        package = type(value).__module__.split(".")[0]
        is_frame = package in ("pandas", "polars", "pyarrow", "duckdb", "_duckdb") and (
            hasattr(value, "__arrow_c_stream__") or hasattr(value, "collect_schema") or hasattr(value, "columns")
        )
        # a reader can be read once, and a series is a column
        if is_frame and not hasattr(value, "read_next_batch") and type(value).__name__ not in ("Series", "ChunkedArray"):
            found[name] = value
    return found


def _named(namespace, text):
    """The tables that a text names: the others are not looked at."""
    return {name: value for name, value in _frames(namespace).items() if name in text}


class _Progress:
    """A line below the cell that shows what has been read."""

    def __init__(self):
        self._handle = None

    def __call__(self, rows, bytes, seconds):
        if seconds < PATIENCE:
            return
        from IPython.display import HTML, display

        read = f"{rows:,} rows, {bytes / 1e6:,.0f} MB read, " if rows or bytes else ""
        shown = HTML(f'<progress style="vertical-align:middle"></progress> {read}{seconds:.0f} s')
        if self._handle is None:
            self._handle = display(shown, display_id=True)
        else:
            self._handle.update(shown)

    def close(self):
        if self._handle is not None:
            from IPython.display import HTML

            self._handle.update(HTML(""))


class _Magic:
    def __init__(self, ipython):
        self._ipython = ipython

    def __call__(self, line, cell=None):
        try:
            options, rest = _options(line)
        except (_Wrong, ValueError) as error:
            raise CellError(str(error), kind="setting") from None
        if options.help:
            return print(_parser().format_help())
        text = rest if cell is None else f"{rest}\n{cell}" if rest.strip() else cell
        if not text.strip():
            raise CellError("There is no query.")
        progress = _Progress()
        try:
            result = query(
                text,
                _named(self._ipython.user_ns, text),
                data=options.data,
                now=options.now,
                profile=options.profile,
                params=dict(_pair(given) for given in options.param),
                functions=options.functions,
                external=options.external,
                memory=options.memory,
                on_progress=progress,
            )
        except KqlError as error:
            raise CellError(str(error), error.diagnostics, error.kind) from None
        except _Wrong as error:
            raise CellError(str(error), kind="setting") from None
        finally:
            progress.close()
        if options.output:
            self._ipython.user_ns[options.output] = result
            return None
        return result


def _pair(text):
    name, equals, value = text.partition("=")
    if not equals:
        raise _Wrong(f"--param takes NAME=VALUE, not {text}")
    return name, value


def _completer(ipython):
    """Completions of the query in a cell that begins with %%kql, or of a line with %kql."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    @context_matcher(identifier="kql", priority=200)
    def complete(context):
        empty = {"completions": [], "suppress": False}
        text = _query_at(context)
        if text is None:
            return empty
        try:
            engine = Engine(_named(ipython.user_ns, text))
            start, found = engine.complete(text)
            # a name that has just begun can be a table of the notebook that the query does not name yet
            word = text[start:]
            tables = [(name, "table") for name in _frames(ipython.user_ns) if word and name.startswith(word)]
            known = {name for name, _ in found}
            tables = [table for table in tables if table[0] not in known]
            begins = any(name.lower().startswith(word.lower()) for name, _ in found)
            found = found + tables if begins else tables + found
        except KqlError:
            return empty
        token = context.token
        # IPython replaces its own word, which can be longer or shorter than that of a query
        before = token[: len(token) - len(word)] if token.endswith(word) else ""
        cut = max(len(word) - len(token), 0)
        completions = [SimpleCompletion(text=before + text[cut:], type=_kind(about)) for text, about in found]
        return {"completions": completions, "suppress": True, "ordered": True}

    return complete


def _kind(about):
    return about if about in ("table", "operator", "chart") else "function" if " " in about else about or "keyword"


def _query_at(context):
    """The query before the cursor; None outside of one."""
    lines = context.full_text.split("\n")[: context.cursor_line + 1]
    line = context.text_until_cursor
    if lines and lines[0].startswith("%%kql"):
        if context.cursor_line == 0:
            return None
        return "\n".join([*lines[1:-1], line])
    if line.lstrip().startswith("%kql "):
        try:
            return _options(line.lstrip()[len("%kql ") :])[1]
        except (_Wrong, ValueError):
            return None
    return None


def register(ipython):
    """Adds the magics to a shell of IPython."""
    ipython.register_magic_function(_Magic(ipython), "line_cell", "kql")
    completer = getattr(ipython, "Completer", None)
    if completer is not None:
        completer.custom_matchers.append(_completer(ipython))
