"""What a resource of the stand-in shop is, and the words in which `kinds/` describes them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Fields of a record that the API does not know: its owner, its texts per language.
OWNER, TEXTS = "_owner", "_texts"
#: Fields of an uploaded picture or file, as its owner shows them too.
PICTURE = ("createdAt", "updatedAt", "extension", "size", "title", "thumb", "src")
#: Read only.
READ = "LCG"
#: Assignments of one thing to another: made and deleted, never changed.
PAIR = "LCGPD"


class Field(NamedTuple):
    """One field of a resource.

    Attributes:
        default: value of a new record; its type is that of the field.
        role: how it is read and written:
            `rw`, `ro` read only, `write` never read;
            `text` has a value per language;
            `free` takes anything, and `false` is empty;
            `link` names another record by its id and is read as a link, `plain` as that id (0 for none), `whole` as
            the record in full; `several` names a list of them; `links` leads to a list;
            `country`, `language` are written as a code and read as an object.
        to: collection that a link leads to, or address of the list with {id}.
        choices: what may be written; empty for anything.
    """

    default: Any = ""
    role: str = "rw"
    to: str = ""
    choices: tuple[str, ...] = ()


class Kind(NamedTuple):
    """One resource.

    Attributes:
        path: of the collection; nested ones have the owner's collection before it: `products/images`.
        one, many: keys of the envelopes.
        fields: by name.
        verbs: L list, C count, G get one, P post, U put, D delete.
        filters: query parameter → field.
        doubtful: filters that only one client claims; they work when `Settings.doubtful_filters` says so.
        needs: fields without which there is no record.
        body, answer: keys around a POST and its answer, where they differ.
        nested: whether the owner's id stands in the path.
        single: one per owner, without id.
        limit, per: name in shop/limits, and the field per whose value it counts; all records without one.
        dated: whether it has createdAt and updatedAt.
        late: 404 for a while after the order came (1.5).
        key: field that stands for the id of a nested record in its path.
    """

    path: str
    one: str
    many: str
    fields: Mapping[str, Field]
    verbs: str = "LCGPUD"
    filters: Mapping[str, str] = {}
    doubtful: Mapping[str, str] = {}
    needs: tuple[str, ...] = ()
    body: str = ""
    answer: str = ""
    nested: bool = False
    single: bool = False
    limit: str = ""
    per: str = ""
    dated: bool = True
    late: bool = False
    key: str = ""

    @property
    def above(self) -> str:
        """The collection of the owner."""
        return self.path.partition("/")[0]


def fields(*parts: Iterator[tuple[str, Field]]) -> dict[str, Field]:
    """The fields of a resource, in their order."""
    return {name: field for part in parts for name, field in part}


def rw(**defaults: Any) -> Iterator[tuple[str, Field]]:
    """Fields that are read and written."""
    return ((name, Field(value)) for name, value in defaults.items())


def ro(**defaults: Any) -> Iterator[tuple[str, Field]]:
    """Fields that are only read; a write passes over them, as the real shop does."""
    return ((name, Field(value, "ro")) for name, value in defaults.items())


def every(default: Any, names: str, role: str = "rw") -> Iterator[tuple[str, Field]]:
    """Fields of one kind."""
    return ((name, Field(default, role)) for name in names.split())


def free(names: str) -> Iterator[tuple[str, Field]]:
    """Fields that are `false` as long as they are empty (1.2)."""
    return every(False, names, "free")  # noqa: FBT003 - a default, not a switch


def texts(names: str) -> Iterator[tuple[str, Field]]:
    """Fields with a value per language (1.7)."""
    return every("", names, "text")


def choice(name: str, default: Any, choices: str, role: str = "rw") -> Iterator[tuple[str, Field]]:
    """A field that takes one of these."""
    yield name, Field(default, role, choices=tuple(choices.split()))


def links(**to: str) -> Iterator[tuple[str, Field]]:
    """Fields that name another record."""
    return ((name, Field(default=False, role="link", to=where)) for name, where in to.items())


def lists(**to: str) -> Iterator[tuple[str, Field]]:
    """Links to lists."""
    return ((name, Field(default=False, role="links", to=where)) for name, where in to.items())


def language(default: Any = "de") -> Iterator[tuple[str, Field]]:
    """A language: written as a code."""
    yield "language", Field(default, "language")


def address(role: str, *, written: bool = True) -> Iterator[tuple[str, Field]]:
    """The fields of a billing or shipping address (2.17); only the latter has a company."""
    names = "Name Street Street2 Number Extension Zipcode City Region"
    if role == "Shipping":
        yield "addressShippingCompany", Field(default=False, role="free" if written else "ro")
    for name in names.split():
        yield f"address{role}{name}", Field("", "rw" if written else "ro")
    yield f"address{role}Country", Field("", "country")


def metafields(owner: str, path: str = "", *, late: bool = False) -> Kind:
    """The metafields of an owner (2.7)."""
    key = f"{owner}Metafield"
    made = fields(rw(key="", value=""))
    return Kind(path or f"{owner}s/metafields", key, f"{key}s", made, needs=("key",), nested=not path, late=late)


def image(owner: str, path: str) -> Kind:
    """The one picture of a category, a brand or a variant (1.2)."""
    made = fields(ro(extension="", size=0, title="", thumb="", src=""))
    return Kind(f"{path}/image", f"{owner}Image", f"{owner}Image", made, "GPD", nested=True, single=True)
