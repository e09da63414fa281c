"""Errors and findings."""

from collections.abc import Iterable
from typing import NamedTuple, Optional


class Diagnostic(NamedTuple):
    """A finding in a query. Positions count characters: `start` and `end` from 0, `line` and `column` from 1."""

    code: str
    severity: str
    message: str
    start: int
    end: int
    line: int
    column: int
    help: Optional[str]


class KqlError(Exception):
    """Why a query cannot run. Its text shows the line of the query with the place marked.

    >>> import kql
    >>> try:
    ...     kql.query("print x = strlenn('a')")
    ... except kql.KqlError as error:
    ...     print(error.diagnostics[0].code, error.diagnostics[0].column)
    KS211 11
    """

    #: The findings in the query; empty if something else is at fault.
    diagnostics: list[Diagnostic]
    #: What is at fault: `query`, `data`, `setting`, `memory`, `run`, `fork` or `internal`.
    kind: str

    def __init__(self, message: str, diagnostics: Iterable[Diagnostic] = (), kind: str = "query") -> None:
        super().__init__(message)
        self.diagnostics = list(diagnostics)
        self.kind = kind

    def __reduce__(self):
        return KqlError, (str(self), self.diagnostics, self.kind)


class KqlWarning(UserWarning):
    """Something about a result that a user should know, such as times in another unit."""
