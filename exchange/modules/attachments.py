"""PDF / Zusatzdokumente: data sheets and manuals of articles, per language.

The shop's file store is open to the whole world (`lightspeed-ecom.md` 2.12), so what is confidential never goes there.
Links to the files stand in the metafield `attachments` of the product, for the theme.
"""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pydantic import Field

from exchange.assortment.relations import Shown
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.module import Module, Options, Reference, Rule, Side
from exchange.records.attachment import Attachment, Attachments
from exchange.shop import Json, Part, Ref, Upload, metafield, product

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from exchange.assortment.attachments import Document
    from exchange.connector import SageSource
    from exchange.shop import ShopView

UNKNOWN_ARTICLE = kind(
    "attachments.unknown_article",
    de="Der Artikel „{value}“ ist im Shop noch nicht bekannt.",
    en="The article “{value}” is not known in the shop yet.",
    remedy_de="Übertragen Sie zuerst den Artikel; die Dokumente warten darauf. Sonst berichtigen Sie die Nummer.",
    remedy_en="Transfer the article first; the documents wait for it. Otherwise correct the number.",
    severity=Severity.WARNING,
)
NO_PDF = kind(
    "attachments.no_pdf",
    de="„{value}“ fehlt im Ordner der Dokumente, ist zu groß oder kein vollständiges PDF.",
    en="“{value}” is missing in the folder of documents, too large, or no complete PDF.",
    remedy_de="Legen Sie die Datei als PDF in den Ordner (folders.attachments, Grenze limits.attachment_megabytes).",
    remedy_en="Put the file as a PDF into the folder (folders.attachments, limit limits.attachment_megabytes).",
)
BAD_NAME = kind(
    "attachments.bad_name",
    de="„{value}“ ist kein Dateiname innerhalb des Ordners der Dokumente.",
    en="“{value}” is no file name within the folder of documents.",
    remedy_de="Nennen Sie den Namen ohne Laufwerk, ohne „..“ und mit / zwischen Ordnern.",
    remedy_en="Give the name without a drive, without “..”, and with / between folders.",
)
TWICE = kind(
    "attachments.twice",
    de="„{value}“ ist zweimal angegeben.",
    en="“{value}” is given twice.",
    remedy_de="Lassen Sie nur eine der beiden Zeilen stehen.",
    remedy_en="Keep only one of the two rows.",
)


class AttachmentOptions(Options):
    """Settings of the attachments."""

    confidential: tuple[str, ...] = Field(
        ("intern/*", "*vertraulich*", "*confidential*"),
        description="Patterns of file names (below the folder) that never go to the shop.",
    )
    title: str = Field("Datenblatt", description="Title of a document whose file name has none.")


@runtime_checkable
class _WithDocuments(Protocol):
    def attachments(self) -> Mapping[str, Sequence[Document]]:
        """The PDFs per article."""
        ...

    def attachment_sha256(self, file: str) -> str:
        """Of the content of one of them."""
        ...


def collect(source: SageSource, options: AttachmentOptions) -> Iterator[Attachments]:
    """The documents of every article that is for the shop and has some; those of variant articles with their parent."""
    if not isinstance(source, _WithDocuments):
        return
    shown, lying = Shown(source), source.attachments()
    together: dict[str, list[Document]] = {}
    for number in sorted(shown.sold & lying.keys()):
        together.setdefault(shown.product(number), []).extend(lying[number])
    for number in sorted(together.keys() & shown.numbers):
        documents = tuple(
            Attachment(
                position,
                each.title or options.title,
                each.language,
                each.file,
                is_confidential(each.file, options),
                source.attachment_sha256(each.file),
            )
            for position, each in enumerate(together[number], 1)
        )
        yield Attachments(number, documents)


def is_confidential(file: str, options: AttachmentOptions) -> bool:
    """Whether a file is for the merchant's own people only, by its name."""
    return any(fnmatch(file.casefold(), pattern.casefold()) for pattern in options.confidential)


def parts(record: Attachments, view: ShopView) -> Iterator[Part]:
    """The files, and the metafield that links them; never a confidential one, whatever the record says."""
    links: list[Mapping[str, object]] = []
    for each in record.documents:
        if each.confidential or is_confidential(each.file, view.options):
            continue
        upload = Upload.of(view, "attachments", each.file)
        yield Part("file", each.file, {"attachment": upload})
        title = each.title or view.options.title
        links.append({"title": title, "language": each.language, "src": Ref("file", each.file)})
    if links:
        yield metafield(product(record.article_number), "attachments", Json(links))


def _inside(record: Attachments, _options: AttachmentOptions) -> Iterator[Finding]:
    for index, each in enumerate(record.documents):
        name = each.file
        if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
            yield found(BAD_NAME, Locator(field=f"documents[{index}].file"), value=name)


def _once(record: Attachments, _options: AttachmentOptions) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, each in enumerate(record.documents):
        if each.file.casefold() in seen:
            yield found(TWICE, Locator(field=f"documents[{index}].file"), value=each.file)
        seen.add(each.file.casefold())


def _files(record: Attachments) -> list[tuple[str, str]]:
    return [(f"documents[{index}].file", each.file) for index, each in enumerate(record.documents)]


def example() -> Attachments:
    """A data sheet in German and in English."""
    return Attachments(
        "30010",
        (
            Attachment(1, "Datenblatt", "de", "30010_Datenblatt.de.pdf", confidential=False, sha256=""),
            Attachment(2, "Data sheet", "en", "30010_Data sheet.en.pdf", confidential=False, sha256=""),
        ),
    )


def _with(file: str) -> Attachments:
    record = example()
    return record._replace(documents=(record.documents[0], record.documents[1]._replace(file=file)))


MODULE = Module(
    name="attachments",
    de="PDF / Zusatzdokumente",
    en="PDF / documents of articles",
    summary_de="Datenblätter und Anleitungen als PDF stehen je Sprache beim Artikel im Shop; Vertrauliches bleibt hier.",
    summary_en="Data sheets and manuals as PDF stand beside the article, per language; confidential ones stay here.",
    record=Attachments,
    key=lambda record: str(record.article_number),
    lands=Side.SHOP,
    example=example,
    options=AttachmentOptions,
    rules=(
        Rule((BAD_NAME,), _inside, lambda: _with("../geheim.pdf")),
        Rule((TWICE,), _once, lambda: _with("30010_Datenblatt.de.pdf")),
    ),
    references=(
        Reference("article", UNKNOWN_ARTICLE, lambda record: [("article_number", record.article_number)]),
        Reference("attachment", NO_PDF, _files),
    ),
    collect=collect,
    parts=parts,
    aliases=("attachment", "zusatzdokumente", "datenblaetter"),
)
