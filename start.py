r"""Sets the program up in this folder and runs it; needs nothing but Python 3.11 or newer.

    python start.py demo [FOLDER]    the main job once, on a stand-in Sage and a stand-in shop
    python start.py test [NOX...]    all checks; what follows goes to nox, such as: -s tests -- -k stock
    python start.py setup            only the set-up; then .venv/bin/exchange (Windows: .venv\Scripts\\exchange)

Packages go into `.venv` beside this file, in the versions and with the hashes of requirements.txt; what is there
already is used again.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")

OLDEST = (3, 11)
REQUIREMENTS = {"demo": "requirements.txt", "setup": "requirements.txt", "test": "requirements-dev.txt"}

NO_VENV = """This Python cannot make virtual environments (its module {module} is missing).
  Debian, Ubuntu:  sudo apt-get install python3-venv
  elsewhere:       install Python from its official installer, and run this again."""

NOT_INSTALLED = """{what} could not be installed. pip says:

{output}

Is the package index reachable? Behind a proxy or with a mirror of your own, set HTTPS_PROXY or PIP_INDEX_URL.
Then run the same command again."""


class SetupError(Exception):
    """The set-up cannot go on; the text says why and what to do."""


def python_works() -> bool:
    """Whether `.venv` holds this version of Python with pip: not half made, moved, or of a Python that is gone."""
    probe = "import pip, sys; print(*sys.version_info[:2])"
    try:
        said = subprocess.run([PYTHON, "-c", probe], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return said.stdout.split() == [str(part) for part in sys.version_info[:2]]


def make_venv() -> None:
    """Make `.venv` anew. Raises SetupError where this Python lacks what it takes."""
    try:
        import ensurepip  # noqa: F401, PLC0415 - Debian leaves it out
        import venv  # noqa: PLC0415
    except ImportError as error:
        raise SetupError(NO_VENV.format(module=error.name)) from None
    print("Making a virtual environment in .venv ...", flush=True)
    venv.EnvBuilder(with_pip=True, clear=True, symlinks=os.name != "nt").create(VENV)


def pip_install(what: str, *arguments: str) -> None:
    """Run pip in `.venv`. Raises SetupError with what pip said."""
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    command = [str(PYTHON), "-m", "pip", "install", *quiet, *arguments]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    if done.returncode:
        raise SetupError(NOT_INSTALLED.format(what=what, output=(done.stdout + done.stderr).strip()))


def setup(requirements: str) -> None:
    """Have `.venv` hold these requirements and the program itself; costs next to nothing when it already does."""
    wanted = hashlib.sha256((ROOT / requirements).read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    installed = VENV / f"{requirements}.installed"
    works = python_works()
    if works and installed.is_file() and installed.read_text("ascii") == wanted:
        return
    if not works:
        make_venv()
    print(f"Installing the packages of {requirements} (a minute or two, the first time only) ...", flush=True)
    pip_install("A package", "--require-hashes", "--requirement", requirements)
    pip_install("The program", "--no-deps", "--no-build-isolation", "--editable", ".")
    installed.write_text(wanted, "ascii")


def command_for(verb: str, arguments: list[str]) -> list[str]:
    """What to start once everything is there."""
    if verb == "test":
        return [str(PYTHON), "-m", "nox", *arguments]
    return [str(PYTHON), "-m", "exchange", verb, *arguments]


def main(arguments: list[str]) -> int:
    """Set up, run, and hand on the exit code; 1 with a plain text where the set-up fails, 2 for wrong usage."""
    if sys.version_info < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:3])
        print(f"This needs Python 3.11 or newer; {sys.executable} is {found}.", file=sys.stderr)
        return 1
    verb, *rest = arguments or [""]
    if verb not in REQUIREMENTS:
        print(__doc__)
        return 0 if verb in {"-h", "--help"} else 2
    try:
        setup(REQUIREMENTS[verb])
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    if verb == "setup":
        print(f"Ready: {SCRIPTS / 'exchange'}")
        return 0
    path = os.pathsep.join([str(SCRIPTS), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "VIRTUAL_ENV": str(VENV), "PYTHONUTF8": "1"}
    # `test` is about this folder; for `demo [FOLDER]` a relative folder is meant from where the user stands.
    return subprocess.call(command_for(verb, rest), env=environment, cwd=ROOT if verb == "test" else None)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
