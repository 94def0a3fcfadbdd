"""Data sheets, manuals and certificates of an article."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from exchange.record import Rows, flag, text, whole


class Attachment(NamedTuple):
    """One PDF in the folder of attachments."""

    position: Annotated[int | None, whole("Dokument Position", "Document position", 4, example="1")]
    title: Annotated[str, text("Dokument Titel", "Document title", 100, example="Datenblatt")]
    language: Annotated[str, text("Dokument Sprache", "Document language", 5, example="de")]
    file: Annotated[str, text("Dokument Datei", "Document file", 255, required=True, example="30010_Datenblatt.pdf")]
    confidential: Annotated[bool | None, flag("Vertraulich", "Confidential", example="0")]
    sha256: Annotated[str, text("SHA-256", "SHA-256", 64)]


class Attachments(NamedTuple):
    """All documents of an article."""

    article_number: Annotated[str, text("Artikelnummer", "Article number", 31, required=True, example="30010")]
    documents: Annotated[tuple[Attachment, ...], Rows("Dokumente", "Documents", "document", required=True)]
