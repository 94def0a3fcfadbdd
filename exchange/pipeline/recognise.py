"""recognise: a claimed file → the profile that reads it, by its content; folder, name and sender's word help.

Nothing is taken on a guess: what fits no profile, or more than one, is a finding that names the ways out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.errors import BatchError, ConfigError
from exchange.finding import found, kind
from exchange.module import Side
from exchange.text.paths import parts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from exchange.codec import Signature
    from exchange.ledger import Batch
    from exchange.profile import Profile
    from exchange.record import Schema
    from exchange.registry import Registry

UNKNOWN = kind(
    "file.not_recognised",
    de="Es ist nicht zu erkennen, wofür die Datei ist{seen}.",
    en="It cannot be told what the file is for{seen}.",
    remedy_de="Legen Sie sie in den Unterordner ihres Moduls ({modules}), oder geben Sie --module an.",
    remedy_en="Put it into the subfolder of its module ({modules}), or name it with --module.",
)
NO_PROFILE = kind(
    "file.fits_no_profile",
    de="Die Datei liegt bei „{module}“, passt aber zu keinem Profil dieses Moduls{seen}.",
    en="The file is meant for “{module}”, but fits no profile of that module{seen}.",
    remedy_de="Vergleichen Sie sie mit `exchange schema {module}`, oder legen Sie ein Profil für diesen Absender an.",
    remedy_en="Compare it with `exchange schema {module}`, or make a profile for this sender.",
)
AMBIGUOUS = kind(
    "file.ambiguous",
    de="Die Datei passt auf mehrere Profile: {profiles}.",
    en="The file fits several profiles: {profiles}.",
    remedy_de="Legen Sie sie in den Unterordner des gemeinten Moduls, oder geben Sie --profile an.",
    remedy_en="Put it into the subfolder of the module that is meant, or name it with --profile.",
)
NOT_REGULAR = kind(
    "file.not_regular",
    de="Das ist keine gewöhnliche Datei, sondern eine Verknüpfung, ein Gerät oder eine Pipe.",
    en="This is no plain file but a link, a device or a pipe.",
    remedy_de="Legen Sie die Datei selbst ab.",
    remedy_en="Drop the file itself.",
)

PACKED = kind(
    "file.packed",
    de="Die Datei ist gepackt ({what}).",
    en="The file is packed ({what}).",
    remedy_de="Packen Sie sie aus und legen Sie die Dateien einzeln ab.",
    remedy_en="Unpack it and drop the files one by one.",
)
PDF = kind(
    "file.pdf",
    de="Die Datei ist ein PDF; eingelesen werden Daten, keine Seiten.",
    en="The file is a PDF; what is read are data, not pages.",
    remedy_de="Belege gehören in den Ordner {documents}, Artikelunterlagen in den Ordner {attachments}.",
    remedy_en="Sales documents belong into the folder {documents}, papers of articles into {attachments}.",
)

#: How packed files begin.
_PACKERS = {b"PK\x03\x04": "zip", b"\x1f\x8b": "gzip", b"7z\xbc\xaf'\x1c": "7z", b"Rar!": "rar", b"BZh": "bzip2"}
#: So many names of a file's columns are shown when nothing fits.
SHOWN_NAMES = 6


def recognise(path: Path, batch: Batch, registry: Registry) -> tuple[Profile, Signature | None]:
    """The profile of a file, and what the file says of itself. Raises BatchError, ConfigError for an unknown name."""
    signature = _signature(path, registry)
    if batch.profile:
        return registry.profile(batch.profile), signature
    module = batch.module or _module_of_folder(batch.folder, registry)
    fitting = list(_fitting(registry, signature, module)) if signature else _untitled(path, registry, module)
    if not fitting:
        _say_why(path, registry)
        _say_what(path, signature)
        own = _meant(path, signature, registry, module)
        if own is not None:
            return own, signature
        seen = f" ({signature.format}: {', '.join(signature.names[:SHOWN_NAMES])})" if signature else ""
        if module:
            raise BatchError(found(NO_PROFILE, seen=seen, module=module))
        raise BatchError(found(UNKNOWN, seen=seen, modules=", ".join(registry.modules)))
    best = _best(fitting)
    for word in ("name", "module"):
        if len(best) > 1:
            best = [each for each in best if getattr(each, word) in batch.file_name] or best
    if len(best) > 1:  # modules with one and the same form: what nobody marked was filled in by a person
        best = [each for each in best if registry.modules[each.module].entered_by_hand] or best
    if len(best) > 1:  # and one that goes both ways is for the shop, as Sage leads
        best = [each for each in best if registry.modules[each.module].lands is Side.SHOP] or best
    if len(best) > 1:
        raise BatchError(found(AMBIGUOUS, profiles=", ".join(each.name for each in best)))
    return best[0], signature


def _signature(path: Path, registry: Registry) -> Signature | None:
    """What the first codec that knows the file says; the one that its suffix names is asked first."""
    suffix = path.suffix.casefold()
    for codec in sorted(registry.codecs.values(), key=lambda codec: suffix not in codec.suffixes):
        signature = codec.recognise(path)
        if signature is not None:
            return signature
    return None


def _say_why(path: Path, registry: Registry) -> None:
    """Raise BatchError when the codec that the suffix names knows why it cannot use the file."""
    for codec in registry.codecs.values():
        why_not = getattr(codec, "why_not", None)
        if why_not is not None and path.suffix.casefold() in codec.suffixes:
            finding = why_not(path)
            if finding is not None:
                raise BatchError(finding)


def _say_what(path: Path, signature: Signature | None) -> None:
    """Raise BatchError for a file that holds no records at all."""
    if signature is not None:
        return
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"%PDF"):
        raise BatchError(found(PDF, documents="documents", attachments="attachments"))
    for sign, what in _PACKERS.items():
        if head.startswith(sign):
            raise BatchError(found(PACKED, what=what))


def _format(path: Path, registry: Registry) -> str:
    suffix = path.suffix.casefold()
    return next((codec.format for codec in registry.codecs.values() if suffix in codec.suffixes), "")


def _module_of_folder(folder: str, registry: Registry) -> str:
    for part in folder.replace("\\", "/").split("/"):
        if part:
            try:
                return registry.module(part).name
            except ConfigError:
                continue
    return ""


def _untitled(path: Path, registry: Registry, module: str) -> list[tuple[Profile, int, int]]:
    """Profiles of the module that is meant whose files have no titles by which they could be recognised."""
    form = _format(path, registry)
    known = registry.profiles.values()
    return [(each, 0, 0) for each in known if each.module == module and each.format == form and not each.header]


def _fitting(registry: Registry, signature: Signature, module: str) -> Iterable[tuple[Profile, int, int]]:
    """Profiles that can read the file, each with the number of names they do not know and do know."""
    for profile in registry.profiles.values():
        if profile.format != signature.format or (module and profile.module != module):
            continue
        if profile.asked and not module:
            continue
        if signature.module:
            if profile.canonical and profile.module == signature.module:
                yield profile, 0, len(signature.names)
            continue
        names = {_plain(_inside(name, profile)) for name in signature.names}
        known = _known(profile, registry.modules[profile.module].schema)
        wanted = [known_as for name in profile.recognise if (known_as := _aliases(profile, registry, name))]
        if profile.recognise and all(names & each for each in wanted):
            yield profile, len(names - known), len(names & known)
        elif module and not profile.recognise and not profile.header:
            yield profile, len(names), 0


def _meant(path: Path, signature: Signature | None, registry: Registry, module: str) -> Profile | None:
    """Our own form of the module that the sender means: reading the file tells what is wrong with it.

    Not where the file has none of its names, or is marked as something else.
    """
    own = registry.profiles.get(f"{module}_{signature.format if signature else _format(path, registry)}")
    if own is None or signature is None:
        return own
    if signature.module:
        return None
    return own if {_plain(name) for name in signature.names} & _known(own, registry.modules[module].schema) else None


def _best(fitting: list[tuple[Profile, int, int]]) -> list[Profile]:
    """Those that know the most and miss the least; a partner's profile goes before our own form."""
    ranked = sorted(fitting, key=lambda each: each[1] - each[2])
    return [each[0] for each in ranked if each[1] - each[2] == ranked[0][1] - ranked[0][2]]


def _plain(name: str) -> str:
    return name.strip().strip("*").strip().casefold()


def _path(path: str, profile: Profile) -> str:
    """A path of the profile as the names in a file are told: without prefixes and choices."""
    return _plain(".".join(part.local for part in parts(path)) if profile.format == "xml" else path)


def _inside(name: str, profile: Profile) -> str:
    """A dotted name as seen from the record: `orders.order.id` is `id` where records are wrapped in those two."""
    steps = name.split(".")
    last = max((index for index, step in enumerate(steps[:-1]) if step in profile.rows), default=-1)
    return ".".join(steps[last + 1 :])


def _aliases(profile: Profile, registry: Registry, name: str) -> set[str]:
    """All spellings of a name that a profile is recognised by."""
    schema = registry.modules[profile.module].schema
    if profile.canonical and name in schema.names:
        return {_plain(name), _plain(schema.field(name).de), _plain(schema.field(name).en)}
    return {_plain(each) for each in name.split("|")}


def _known(profile: Profile, schema: Schema) -> set[str]:
    known = {_path(path, profile) for source in profile.fields.values() for path in source.paths}
    known |= {
        _path(path, profile)
        for group in profile.groups.values()
        for each in group.fields.values()
        for path in each.paths
    }
    known |= {_plain(each) for name in profile.recognise for each in name.split("|")} | {"row"}
    if profile.canonical:
        known |= {_plain(label) for each in schema.fields for label in (each.de, each.en)}
        known |= {_plain(each.name) for each in schema.groups}
    return known
