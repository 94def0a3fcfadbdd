"""What can be wrong with a workbook, its sheets and cells."""

from __future__ import annotations

from exchange.finding import kind

OLD_FORMAT = kind(
    "xlsx.old_format",
    de="Die Datei ist eine alte Excel-Arbeitsmappe (.xls).",
    en="The file is an old Excel workbook (.xls).",
    remedy_de="Speichern Sie sie in Excel als „Excel-Arbeitsmappe (*.xlsx)“.",
    remedy_en="Save it in Excel as “Excel Workbook (*.xlsx)”.",
)
PASSWORD = kind(
    "xlsx.password",
    de="Die Arbeitsmappe ist mit einem Kennwort verschlüsselt.",
    en="The workbook is encrypted with a password.",
    remedy_de="Entfernen Sie in Excel unter Datei > Informationen > Arbeitsmappe schützen das Kennwort.",
    remedy_en="Remove the password in Excel under File > Info > Protect Workbook.",
)
NOT_A_WORKBOOK = kind(
    "xlsx.not_a_workbook",
    de="Die Datei heißt wie eine Excel-Datei, ist aber keine .xlsx-Arbeitsmappe, sondern {what}.",
    en="The file is named like an Excel file but is no .xlsx workbook: {what}.",
    remedy_de="Öffnen Sie sie in Excel und speichern Sie sie als „Excel-Arbeitsmappe (*.xlsx)“.",
    remedy_en="Open it in Excel and save it as “Excel Workbook (*.xlsx)”.",
)
SUSPICIOUS = kind(
    "xlsx.suspicious",
    de="Die Arbeitsmappe ist auffällig gebaut ({part}: {reason}) und wird nicht geöffnet.",
    en="The workbook is built suspiciously ({part}: {reason}) and is not opened.",
    remedy_de="Kopieren Sie die Zeilen in eine neue Arbeitsmappe und speichern Sie diese.",
    remedy_en="Copy the rows into a new workbook and save that.",
)
SEVERAL_SHEETS = kind(
    "xlsx.several_sheets",
    de="Mehrere Blätter kommen in Frage: {sheets}.",
    en="Several sheets could be meant: {sheets}.",
    remedy_de="Löschen Sie die übrigen Blätter, blenden Sie sie aus, oder nehmen Sie die Vorlage.",
    remedy_en="Delete the other sheets, hide them, or use the template.",
)
NO_SHEET = kind(
    "xlsx.no_sheet",
    de="Die Arbeitsmappe hat kein sichtbares Blatt mit Inhalt.",
    en="The workbook has no visible sheet with content.",
    remedy_de="Füllen Sie die Vorlage aus und senden Sie sie neu.",
    remedy_en="Fill the template and send it again.",
)
NO_HEADER = kind(
    "xlsx.no_header",
    de="Keine der ersten {rows} Zeilen enthält bekannte Spaltentitel; erwartet wird zum Beispiel „{title}“.",
    en="None of the first {rows} rows holds known column titles; “{title}” is expected, for example.",
    remedy_de="Übernehmen Sie die Titelzeile der Vorlage unverändert.",
    remedy_en="Take over the title row of the template unchanged.",
)
OTHER_VERSION = kind(
    "xlsx.template_version",
    de="Die Vorlage hat die Version {found}; verarbeitet wird Version {expected}.",
    en="The template has version {found}; version {expected} is processed.",
    remedy_de="Erzeugen Sie mit „exchange template {module}“ eine neue Vorlage und kopieren Sie die Zeilen hinein.",
    remedy_en="Produce a new template with “exchange template {module}” and copy the rows into it.",
)
ERROR_VALUE = kind(
    "xlsx.error_value",
    de="Die Zelle enthält den Fehlerwert {value}.",
    en="The cell holds the error value {value}.",
    remedy_de="Berichtigen Sie die Formel, oder tragen Sie den Wert selbst ein.",
    remedy_en="Correct the formula, or enter the value itself.",
)
NOT_CALCULATED = kind(
    "xlsx.formula_without_value",
    de="Die Zelle enthält eine Formel, aber kein berechnetes Ergebnis.",
    en="The cell holds a formula but no calculated result.",
    remedy_de="Öffnen und speichern Sie die Mappe in Excel, oder ersetzen Sie die Formel durch ihren Wert.",
    remedy_en="Open and save the workbook in Excel, or replace the formula by its value.",
)
MERGED = kind(
    "xlsx.merged_cell",
    de="Die Zelle gehört zum verbundenen Bereich {range}; welcher Zeile der Wert gilt, ist nicht zu erkennen.",
    en="The cell belongs to the merged range {range}; it cannot be told which row the value is for.",
    remedy_de="Heben Sie die Verbindung auf und tragen Sie den Wert in jede Zeile ein.",
    remedy_en="Unmerge the cells and enter the value in every row.",
)
NUMBER_IN_TEXT = kind(
    "xlsx.number_in_text_cell",
    de="{value} steht als Zahl in der Zelle; führende Nullen können verloren gegangen sein.",
    en="{value} stands in the cell as a number; leading zeros may have been lost.",
    remedy_de="Formatieren Sie die Zelle als Text und tragen Sie den Wert vollständig ein: „{suggestion}“?",
    remedy_en="Format the cell as text and enter the value in full: “{suggestion}”?",
)
DIGITS_LOST = kind(
    "xlsx.digits_lost",
    de="{value} hat als Zahl mehr als 15 Stellen; Excel hat die letzten durch Nullen ersetzt.",
    en="{value} has more than 15 digits as a number; Excel has replaced the last ones by zeros.",
    remedy_de="Formatieren Sie die Zelle als Text und tragen Sie den Wert neu ein.",
    remedy_en="Format the cell as text and enter the value again.",
)
PERCENT = kind(
    "xlsx.percent_cell",
    de="Die Zelle ist als Prozent formatiert: zu sehen ist {shown} %, gespeichert ist {value}.",
    en="The cell is formatted as percent: {shown} % is shown, {value} is stored.",
    remedy_de="Formatieren Sie die Zelle als Zahl und tragen Sie den Wert ohne %-Zeichen ein: {shown}.",
    remedy_en="Format the cell as a number and enter the value without the % sign: {shown}.",
)
ROW_NUMBER = kind(
    "xlsx.row_number",
    de="In Zeile {line} steht als laufende Nummer „{value}“; sie setzt die Zeile darüber nicht fort.",
    en="Row {line} is numbered “{value}”, which does not continue the row above.",
    remedy_de="Jeder Datensatz beginnt mit 1 und zählt lückenlos weiter; ergänzen Sie die fehlende Zeile.",
    remedy_en="Every record begins with 1 and counts on without gaps; add the missing row.",
)
ROW_DIFFERS = kind(
    "xlsx.row_differs",
    de="Zeile {line} gehört nach ihrer laufenden Nummer zum Datensatz darüber, hat aber andere Werte.",
    en="By its number row {line} belongs to the record above, but its values differ.",
    remedy_de="Tragen Sie in allen Zeilen eines Datensatzes dasselbe ein, oder beginnen Sie mit 1 einen neuen.",
    remedy_en="Enter the same in all rows of a record, or begin a new one with 1.",
)
REPEATED_HEADER = kind(
    "xlsx.repeated_header",
    de="Die Zeile wiederholt die Spaltentitel.",
    en="The row repeats the column titles.",
    remedy_de="Löschen Sie die Zeile.",
    remedy_en="Delete the row.",
)
CELL_FULL = kind(
    "xlsx.cell_full",
    de="Der Text hat {length} Zeichen; eine Excel-Zelle fasst {limit}.",
    en="The text has {length} characters; an Excel cell holds {limit}.",
    remedy_de="Wählen Sie für diese Daten ein anderes Format (xml, csv, txt oder json).",
    remedy_en="Choose another format for these data (xml, csv, txt or json).",
)
