"""All modules, codecs and profiles by name: the folders are the registry, this is the table of contents."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from exchange import codecs, modules
from exchange.errors import ConfigError
from exchange.module import Module
from exchange.profile import FORMATS, WORDS, Layout, Profile, canonical, load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exchange.codec import Codec


@dataclass(frozen=True)
class Registry:
    """What there is.

    Attributes:
        modules, codecs, profiles: by name (codecs by format).
    """

    modules: Mapping[str, Module]
    codecs: Mapping[str, Codec]
    profiles: Mapping[str, Profile]

    def module(self, name: str) -> Module:
        """The module of that name, German name or alias, in any letter case. Raises ConfigError."""
        wanted = name.casefold().replace("-", "_")
        for module in self.modules.values():
            if wanted in {each.casefold() for each in (module.name, module.de, module.en, *module.aliases)}:
                return module
        message = f"there is no module {name!r}; there are {', '.join(self.modules)}"
        raise ConfigError(message)

    def profile(self, name: str) -> Profile:
        """The profile of that name. Raises ConfigError."""
        if name not in self.profiles:
            message = f"there is no profile {name!r}; there are {', '.join(sorted(self.profiles))}"
            raise ConfigError(message)
        return self.profiles[name]

    def layout(self, profile: Profile) -> Layout:
        """The profile tied to the record of its module."""
        return Layout(profile, self.modules[profile.module].schema)


def _modules() -> dict[str, Module]:
    found: dict[str, Module] = {}
    for info in iter_modules(modules.__path__):
        declared = getattr(import_module(f"{modules.__name__}.{info.name}"), "MODULE", None)
        if not isinstance(declared, Module):
            message = f"exchange/modules/{info.name}.py declares no MODULE"
            raise ConfigError(message)
        if declared.name in found:
            message = f"two modules are called {declared.name}"
            raise ConfigError(message)
        found[declared.name] = declared
    return found


def build(own_profiles: Path | None = None, words: Mapping[str, str] = WORDS) -> Registry:
    """Read the folders. Raises ConfigError for a file that declares nothing, or a profile that fits no module.

    A profile in `own_profiles` replaces the shipped one of the same name. `words` are filled into profiles.
    """
    known = _modules()
    profiles = {
        profile.name: profile
        for module in known.values()
        for profile in (canonical(module.name, module.schema, each) for each in FORMATS)
    }
    for folder in (Path(__file__).parent / "profiles", own_profiles):
        if folder is not None and folder.is_dir():
            profiles |= {profile.name: profile for profile in load(folder, words)}
    for profile in profiles.values():
        if profile.module not in known:
            message = f"profile {profile.name}: there is no module {profile.module}"
            raise ConfigError(message)
        Layout(profile, known[profile.module].schema)
    return Registry(known, codecs.registry(), profiles)
