"""From `exchange.toml` and the environment to settings; secrets out of the keyring."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from exchange.errors import ConfigError
from exchange.settings.model import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import SecretStr

#: Environment variables that hold settings begin so; `__` separates levels.
PREFIX = "EXCHANGE_"



def _environment(environ: dict[str, str]) -> dict[str, Any]:
    """Settings out of environment variables. Values that look like TOML (numbers, lists, true) are read as such."""
    result: dict[str, Any] = {}
    for variable, raw in environ.items():
        if not variable.startswith(PREFIX) or variable == PREFIX + "CONFIG":
            continue
        *tables, name = variable[len(PREFIX) :].lower().split("__")
        table = result
        for each in tables:
            table = table.setdefault(each, {})
        try:
            table[name] = tomllib.loads(f"v = {raw}")["v"]
        except tomllib.TOMLDecodeError:
            table[name] = raw
    return result


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in above.items():
        old = merged.get(name)
        merged[name] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def load(path: Path, environ: dict[str, str] | None = None) -> Settings:
    """The settings of a file, overridden by the environment. Raises ConfigError that names every wrong entry."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        message = f"{path} does not exist; `exchange init` writes one"
        raise ConfigError(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path}: {error}"
        raise ConfigError(message) from error
    merged = _merge(data, _environment(dict(os.environ) if environ is None else environ))
    merged["root"] = path.resolve().parent
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        # Without the input: it may hold a secret.
        problems = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_input=False)]
        raise ConfigError(f"{path}: " + "; ".join(problems)) from None


def secret(value: SecretStr) -> str:
    """The plain value of a secret, from the system's keyring where it says so. Raises ConfigError."""
    plain = value.get_secret_value()
    if not plain.startswith("keyring:"):
        return plain
    service, _, user = plain.removeprefix("keyring:").partition("/")
    try:
        import keyring  # noqa: PLC0415 - optional: only who uses it needs it
    except ImportError as error:
        message = (
            "a setting begins with keyring:, but the package keyring is not installed (pip install exchange[keyring])"
        )
        raise ConfigError(message) from error
    found = keyring.get_password(service, user)
    if found is None:
        message = f"the keyring has no entry for service {service!r} and user {user!r}"
        raise ConfigError(message)
    return str(found)
