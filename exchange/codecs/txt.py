"""TXT: fixed width with types of lines, the way German ERP programs have always exchanged files.

Our own form is described in `exchange.text.lines`; `layout_table` publishes it. Partners' files: paths are `start:end`
in characters, `rows` is what the lines of records begin with (none: every line is a record), the path of a group is what
its lines begin with. Lines that begin otherwise are passed over: partners have headers and trailers of their own.

Source: fault catalogue V9, V14, V16; formats.md 4.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from exchange.charset import charset_of, head_text, text_out
from exchange.codec import TOO_BIG, Limits, Meta, Raw, Signature, Texts
from exchange.errors import BatchError
from exchange.finding import Finding, Locator, found, kind
from exchange.record import Kind
from exchange.text import lines as own
from exchange.text.lines import layout_table, types_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from exchange.profile import Layout, Profile, Source
    from exchange.record import Schema
    from exchange.text.lines import LineType, Types

__all__ = ["CODEC", "TxtCodec", "layout_table"]

NO_HEADER = kind(
    "txt.no_header",
    de="Die erste Zeile ist keine Kopfzeile der Version {version}: sie muss mit „{mark}“ beginnen.",
    en="The first line is no header of version {version}: it must begin with “{mark}”.",
    remedy_de="Erzeugen Sie die Datei nach dem Aufbau (exchange schema MODUL --format txt), oder wählen Sie ihr Profil.",
    remedy_en="Produce the file by the layout (exchange schema MODULE --format txt), or choose its profile.",
)
CUT_OFF = kind(
    "txt.cut_off",
    de="Die Schlusszeile fehlt; die Datei ist abgeschnitten.",
    en="The trailer is missing; the file was cut off.",
    remedy_de="Übertragen Sie die Datei neu.",
    remedy_en="Transfer the file again.",
)
WRONG_COUNT = kind(
    "txt.wrong_count",
    de="Die Schlusszeile nennt {expected} Datensätze / Zeilen, gezählt wurden {actual}.",
    en="The trailer says {expected} records / lines, counted were {actual}.",
    remedy_de="Übertragen Sie die Datei neu; wer Zeilen von Hand ändert, muss auch die Schlusszeile ändern.",
    remedy_en="Transfer the file again; whoever changes lines by hand must change the trailer as well.",
)
STRAY_LINE = kind(
    "txt.stray_line",
    de="Die Zeilenart „{code}“ ist unbekannt oder steht an falscher Stelle.",
    en="The line type “{code}” is unknown or stands in the wrong place.",
    remedy_de="Prüfen Sie die Zeile gegen den Aufbau (exchange schema MODUL --format txt).",
    remedy_en="Check the line against the layout (exchange schema MODULE --format txt).",
)
LONG_LINE = kind(
    "txt.long_line",
    de="Die Zeile hat {actual} Zeichen, ihr Aufbau nur {expected}.",
    en="The line has {actual} characters, its layout only {expected}.",
    remedy_de="Die Datei passt nicht zum Modul, oder Spalten sind verschoben; erzeugen Sie sie neu.",
    remedy_en="The file does not fit the module, or columns are shifted; produce it again.",
)
TORN_TEXT = kind(
    "txt.torn_text",
    de="Das Textstück {number} von „{field}“ ist unvollständig oder setzt das Stück davor nicht fort.",
    en="Piece {number} of the text “{field}” is incomplete or does not continue the piece before.",
    remedy_de="Erzeugen Sie die Datei neu; es fehlt eine Zeile oder ihr Ende.",
    remedy_en="Produce the file again; a line or its end is missing.",
)

TOO_WIDE = kind(
    "txt.too_wide",
    de="„{value}“ hat {length} Zeichen, in der Datei des Empfängers ist Platz für {limit}.",
    en="“{value}” has {length} characters, the receiver's file has room for {limit}.",
    remedy_de="Kürzen Sie den Wert, oder wählen Sie eine andere Dateiart.",
    remedy_en="Shorten the value, or choose another file type.",
)

#: What the lines begin with that say why a record was rejected; they are passed over when the file comes back.
REASON = own.FINDING + ">>> "
#: For a file that has passed the limits of the settings when it was read.
_PASSED = Limits(field_characters=2**31)
#: A line may be so many times longer than a field.
_FIELDS_OF_LINE = 8
