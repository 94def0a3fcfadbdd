"""All checks, one session each. `python start.py test` prepares the environment and runs them.

The sessions run in the environment they are started in: start.py is the one place that installs.
"""

from __future__ import annotations

import nox

nox.needs_version = ">=2025.10"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "layers", "tests"]

#: Every branch of these should be tested: they decide what is applied, and how often.
COMPLETE = "exchange/pipeline/*,exchange/convert.py,exchange/ledger*.py,exchange/ledgers/*,exchange/staging.py"


@nox.session
def lint(session: nox.Session) -> None:
    """Style and likely mistakes."""
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Types, strictly."""
    session.run("mypy")


@nox.session
def layers(session: nox.Session) -> None:
    """Who may import whom (design: layers go down only)."""
    session.run("lint-imports")


@nox.session
def tests(session: nox.Session) -> None:
    """Tests with coverage; with arguments of pytest behind `--`, only those and without coverage."""
    if session.posargs:
        session.run("pytest", *session.posargs)
        return
    session.run("pytest", "--cov", "--cov-report=")
    session.run("coverage", "report", "--skip-covered")
    session.run("coverage", "report", f"--include={COMPLETE}", "--fail-under=95")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Speed and memory against a floor measured in the same run; with arguments behind `--`, only `tests.bench`."""
    session.run("python", "-m", "tests.bench", *session.posargs)
    if not session.posargs:
        session.run("python", "-m", "tests.bench.wishes")
        session.run("python", "-m", "tests.bench.sftp")


@nox.session(default=False)
def pages(session: nox.Session) -> None:
    """Write the reference pages of the modules anew."""
    session.run(
        "python", "-c", "from pathlib import Path; from exchange.reference import write; write(Path('docs/modules'))"
    )


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Write both requirements files anew, for all platforms; needs uv."""
    compile_ = ("uv", "pip", "compile", "pyproject.toml", "--group", "build", "--universal", "--python-version", "3.11")
    form = ("--fork-strategy", "fewest", "--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate")
    upgrade = ("--upgrade", "--quiet")
    session.run(*compile_, *form, *upgrade, "--output-file", "requirements.txt")
    tools = ("--group", "dev", "--extra", "postgresql", "--constraint", "requirements.txt")
    session.run(*compile_, *tools, *form, *upgrade, "--output-file", "requirements-dev.txt")
