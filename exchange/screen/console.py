"""Where output goes: the screen, colours where it has them; json for programs; progress on long work."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange.app import App


#: Columns of a table in a pipe, where there is no terminal to ask.
PIPE_COLUMNS = 150

OUT = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_COLUMNS)

ERR = Console(stderr=True, highlight=False)


def as_json(value: Any) -> None:
    """Write a report for a program."""
    option = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS  # a database's column names are no plain texts
    sys.stdout.write(orjson.dumps(value, option=option, default=str).decode() + "\n")


@contextmanager
def progress(app: App, what: str) -> Iterator[None]:
    """A line with the number of records done, on a terminal only."""
    if not ERR.is_terminal:
        yield
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=ERR, transient=True) as bar:
        task = bar.add_task(what, total=None)
        app.progress = lambda number: bar.update(task, completed=number)
        try:
            yield
        finally:
            app.progress = lambda _number: None
