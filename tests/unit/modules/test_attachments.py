"""PDFs of articles: which are found, which never leave, and what the shop is to have of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from exchange.assortment.attachments import Document, documents, is_pdf
from exchange.connector import Everything
from exchange.connectors.local import LocalFiles
from exchange.connectors.sage import SageDatabase
from exchange.modules import attachments
from exchange.records.attachment import Attachment
from exchange.sandbox import sage as sandbox
from exchange.settings import SageSettings, Settings
from exchange.shop import Json, Ref, ShopView
from tests.unit.modules.sage_cases import told

if TYPE_CHECKING:
    from pathlib import Path

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "attachments" / "intern").mkdir(parents=True)
    return tmp_path / "attachments"


def found(folder: Path, *names: str, articles: frozenset[str] = frozenset({"30010", "A", "A_B"})) -> Any:
    for name in names:
        (folder / name).write_bytes(PDF)
    return documents(folder, articles.intersection)


def test_file_names_tell_article_title_and_language(folder: Path) -> None:
    names = ("30010.pdf", "30010_Data sheet_v2.en.PDF", "30010_Datenblatt.de.pdf", "30010.txt", "other_30010.pdf")
    assert found(folder, *names) == {
        "30010": [
            Document("30010.pdf", "", ""),
            Document("30010_Data sheet_v2.en.PDF", "Data sheet v2", "en"),
            Document("30010_Datenblatt.de.pdf", "Datenblatt", "de"),
        ]
    }


def test_the_longest_article_number_counts(folder: Path) -> None:
    """A number may hold the character that separates it from the title."""
    files = found(folder, "A_B.pdf", "A_B_C.pdf", "A_C.pdf")
    assert {number: [each.title for each in of] for number, of in files.items()} == {"A_B": ["", "C"], "A": ["C"]}


def test_no_folder_is_no_documents(tmp_path: Path) -> None:
    assert documents(tmp_path / "none", frozenset) == {}


@pytest.mark.parametrize("content", [b"", b"hello", PDF[:-20], b"x" * 2000 + PDF, PDF + b"x" * 3000])
def test_what_is_no_whole_pdf_is_none(folder: Path, content: bytes) -> None:
    """By its first and last bytes, not by its name."""
    (folder / "a.pdf").write_bytes(content)
    assert not is_pdf(folder / "a.pdf", 1_000_000)


def test_a_pdf_has_a_size_limit(folder: Path) -> None:
    (folder / "a.pdf").write_bytes(PDF)
    assert is_pdf(folder / "a.pdf", len(PDF))
    assert not is_pdf(folder / "a.pdf", len(PDF) - 1)
    assert not is_pdf(folder / "none.pdf", len(PDF))


def test_the_look_up_knows_the_pdfs_of_our_folder_only(folder: Path) -> None:
    """Nothing outside of it, however it is named; everything else is asked elsewhere."""
    (folder.parent / "secret.pdf").write_bytes(PDF)
    found(folder, "30010.pdf", "intern/30010.pdf")
    settings = Settings(folders={"attachments": str(folder)})  # type: ignore[arg-type]
    asked = LocalFiles(settings, Everything())
    names = {"30010.pdf", "intern/30010.pdf", "../secret.pdf", str(folder.parent / "secret.pdf"), "none.pdf"}
    assert asked.missing("attachment", names) == names - {"30010.pdf", "intern/30010.pdf"}
    assert asked.missing("article", {"unknown"}) == set()


def test_sage_offers_the_documents_of_sold_articles(folder: Path) -> None:
    """With the digest of their content, so that a changed file is a changed record."""
    sandbox.create(folder.parent / "sage.db")
    found(folder, "30010_Datenblatt.de.pdf", "intern/30010_Kalkulation.pdf", "unknown.pdf")
    with SageDatabase(SageSettings(url=f"sqlite:///{folder.parent / 'sage.db'}"), attachments=folder) as sage:
        (before,) = attachments.collect(sage, attachments.AttachmentOptions())
        assert [(each.title, each.language, each.confidential) for each in before.documents] == [
            ("Datenblatt", "de", False),
            ("Kalkulation", "", True),
        ]
        (folder / "30010_Datenblatt.de.pdf").write_bytes(PDF + b"\n")
        (after,) = attachments.collect(sage, attachments.AttachmentOptions())
    assert before.documents[0].sha256 != after.documents[0].sha256
    assert before.documents[1] == after.documents[1]


def test_documents_of_variant_articles_stand_with_their_parent(folder: Path) -> None:
    """As their product does."""
    sandbox.create(folder.parent / "sage.db")
    found(folder, "00200050_Pflege.pdf", "00200051_Farbe.pdf")
    settings = SageSettings(url=f"sqlite:///{folder.parent / 'sage.db'}", parent_column="USER_Vaterartikel")  # type: ignore[arg-type]
    with SageDatabase(settings, attachments=folder) as sage:
        (record,) = attachments.collect(sage, attachments.AttachmentOptions())
    assert record.article_number == "00200050"
    assert [(each.position, each.title) for each in record.documents] == [(1, "Pflege"), (2, "Farbe")]


def made(*rows: Attachment, **options: Any) -> list[Any]:
    view = ShopView(Settings(), attachments.AttachmentOptions(**options))
    return list(attachments.parts(attachments.example()._replace(documents=rows), view))


def test_the_shop_gets_the_files_and_their_links() -> None:
    """Title and language beside the address that the shop gives them."""
    german, english, links = made(*attachments.example().documents)
    assert (german.resource, german.key, english.key) == ("file", "30010_Datenblatt.de.pdf", "30010_Data sheet.en.pdf")
    assert links.owner == Ref("product", "30010")
    assert links.fields["value"] == Json(
        [
            {"title": "Datenblatt", "language": "de", "src": Ref("file", german.key)},
            {"title": "Data sheet", "language": "en", "src": Ref("file", english.key)},
        ]
    )


@pytest.mark.parametrize("file", ["intern/a.pdf", "30010_Vertraulich.pdf", "Confidential.pdf", "INTERN/a.pdf"])
def test_confidential_files_never_leave_whatever_the_record_says(file: str) -> None:
    """By the record's flag, or by the name: the shop's files are open to the world."""
    row = Attachment(1, "Kalkulation", "", file, confidential=False, sha256="")
    assert made(row) == []
    assert made(row._replace(file="a.pdf", confidential=True)) == []
    assert [each.resource for each in made(row._replace(file="a.pdf"))] == ["file", "product_metafield"]


@pytest.mark.parametrize("file", ["../a.pdf", "/a.pdf", "C:\\a.pdf", "C:/a.pdf", "a/../../b.pdf"])
def test_a_file_name_that_leads_elsewhere_is_refused(file: str) -> None:
    row = Attachment(1, "", "", file, confidential=False, sha256="")
    record = attachments.example()._replace(documents=(row,))
    assert [each.code for each in told(attachments.MODULE, record)] == ["attachments.bad_name"]
