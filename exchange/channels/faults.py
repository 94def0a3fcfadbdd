"""What can be wrong with a channel, for the person who has to see to it. Channels of all types say it with these."""

from __future__ import annotations

from exchange.finding import Severity, kind

UNREACHABLE = kind(
    "channel.unreachable",
    de="{place} ist nicht erreichbar: {reason}",
    en="{place} cannot be reached: {reason}",
    remedy_de="Netz, Firewall, host und port prüfen. Es wird von selbst weiter versucht.",
    remedy_en="Check network, firewall, host and port. It is tried again by itself.",
)
KEY_UNKNOWN = kind(
    "channel.host_key_unknown",
    de="Der Schlüssel von {place} ist nicht hinterlegt; der Server zeigt {algorithm} {offered}. "
    "Es wurde nichts übertragen.",
    en="No key of {place} is known; the server shows {algorithm} {offered}. Nothing was transferred.",
    remedy_de="Fingerabdruck auf anderem Weg (Telefon, Vertrag) vergleichen. Stimmt er: "
    '[channels.{channel}] host_keys = ["{offered}"].',
    remedy_en="Compare the fingerprint by another way (telephone, contract). If it is right: "
    '[channels.{channel}] host_keys = ["{offered}"].',
)
KEY_CHANGED = kind(
    "channel.host_key_changed",
    de="{place} zeigt einen anderen Schlüssel als hinterlegt: {algorithm} {offered} statt {pinned}. "
    "Es wurde nichts übertragen.",
    en="{place} shows another key than is known: {algorithm} {offered} instead of {pinned}. Nothing was transferred.",
    remedy_de="Entweder hat der Partner den Server erneuert, oder jemand gibt sich für ihn aus. Beim Partner "
    "nachfragen; erst wenn er den neuen Fingerabdruck bestätigt: host_keys in [channels.{channel}] ändern.",
    remedy_en="Either the partner has a new server, or somebody pretends to be it. Ask the partner; only when the new "
    "fingerprint is confirmed, change host_keys in [channels.{channel}].",
)
NOT_ADMITTED = kind(
    "channel.not_admitted",
    de="{place} lässt {user} nicht zu: {reason}",
    en="{place} does not admit {user}: {reason}",
    remedy_de="user, password oder key_file in [channels.{channel}] prüfen; manche Server sperren nach mehreren "
    "Versuchen.",
    remedy_en="Check user, password or key_file in [channels.{channel}]; some servers lock out after several tries.",
)
TOO_OLD = kind(
    "channel.algorithms",
    de="{place} bietet kein Verfahren an, das noch als sicher gilt: {reason}",
    en="{place} offers no method that is still considered safe: {reason}",
    remedy_de="Der Partner sollte den Server erneuern. legacy_algorithms = true lässt alte Chiffren und Prüfsummen zu, "
    "nicht aber Schlüssel mit ssh-dss oder ssh-rsa (SHA-1).",
    remedy_en="The partner should renew the server. legacy_algorithms = true admits old ciphers and check sums, but no "
    "keys of ssh-dss or ssh-rsa (SHA-1).",
)
SET_UP = kind(
    "channel.set_up",
    de="Die Einstellungen des Kanals stimmen nicht: {reason}",
    en="The settings of the channel are wrong: {reason}",
    remedy_de="[channels.{channel}] berichtigen und neu starten.",
    remedy_en="Correct [channels.{channel}] and start again.",
)
TOO_SLOW = kind(
    "channel.too_slow",
    de="{place} hat zu lange nicht oder zu langsam geantwortet; die Verbindung wurde beendet.",
    en="{place} did not answer for too long, or too slowly; the connection was ended.",
    remedy_de="Es wird von selbst weiter versucht. Kommt es oft vor: timeout_seconds erhöhen.",
    remedy_en="It is tried again by itself. If it happens often, raise timeout_seconds.",
)
LOST = kind(
    "channel.lost",
    de="Die Verbindung zu {place} ist abgerissen: {reason}",
    en="The connection to {place} was lost: {reason}",
    remedy_de="Es wird von selbst neu verbunden.",
    remedy_en="It is connected again by itself.",
)
MISSING = kind(
    "channel.missing",
    de="„{file}“ gibt es auf {place} nicht.",
    en="There is no “{file}” on {place}.",
    remedy_de="Ordner anlegen lassen, oder inbox und outbox in [channels.{channel}] berichtigen.",
    remedy_en="Have the folder made, or correct inbox and outbox in [channels.{channel}].",
)
REFUSED = kind(
    "channel.refused",
    de="{place} verweigert „{file}“: {reason}",
    en="{place} refuses “{file}”: {reason}",
    remedy_de="Rechte und freien Platz dort prüfen lassen. Die Datei bleibt, wo sie ist, und wird wieder versucht.",
    remedy_en="Have rights and free space there checked. The file stays where it is and is tried again.",
)
SIZE_DIFFERS = kind(
    "channel.size_differs",
    de="„{file}“ ist nicht so lang, wie {place} angibt; sie wurde nicht übernommen.",
    en="“{file}” is not as long as {place} says; it was not taken over.",
    remedy_de="Meist wird sie noch geschrieben; sie wird wieder versucht.",
    remedy_en="Usually it is still being written; it is tried again.",
    severity=Severity.WARNING,
)
BAD_NAME = kind(
    "channel.bad_name",
    de="Der Dateiname {file} ist unzulässig; die Datei wurde nicht geholt.",
    en="The file name {file} is not allowed; the file was not fetched.",
    remedy_de='Der Absender soll sie umbenennen: UTF-8, keine Steuerzeichen, keines von \\ / : * ? " < > |, kein = + - '
    "@ am Anfang, kein Punkt oder Leerzeichen am Ende, kein Gerätename wie CON.",
    remedy_en='The sender shall rename it: UTF-8, no control characters, none of \\ / : * ? " < > |, no = + - @ at the '
    "beginning, no dot or blank at the end, no device name such as CON.",
)
NOT_A_FILE = kind(
    "channel.not_a_file",
    de="„{file}“ ist keine gewöhnliche Datei (Verknüpfung, Gerät oder unbekannt) und wurde nicht geholt.",
    en="“{file}” is no plain file (link, device or unknown) and was not fetched.",
    remedy_de="Die Datei selbst ablegen, keine Verknüpfung.",
    remedy_en="Put the file itself there, not a link.",
)
TWINS = kind(
    "channel.twins",
    de="Die Namen „{file}“ und „{other}“ unterscheiden sich nur in Groß-/Kleinschreibung oder Umlaut-Kodierung; beide "
    "werden geholt, nacheinander.",
    en="The names “{file}” and “{other}” differ only in letter case or in the coding of umlauts; both are fetched, one "
    "after the other.",
    remedy_de="Nachfragen, ob es dieselbe Datei sein soll.",
    remedy_en="Ask whether they are meant to be the same file.",
    severity=Severity.WARNING,
)
TOO_LARGE = kind(
    "channel.too_large",
    de="„{file}“ hat {megabytes} MB, erlaubt sind {limit}; sie wurde nicht geholt.",
    en="“{file}” has {megabytes} MB, {limit} are allowed; it was not fetched.",
    remedy_de="limits.file_megabytes erhöhen, oder die Datei teilen lassen.",
    remedy_en="Raise limits.file_megabytes, or have the file divided.",
)
STILL_THERE = kind(
    "channel.still_there",
    de="„{file}“ wurde geholt, lässt sich dort aber nicht weglegen: {reason} Sie wird nicht noch einmal übernommen.",
    en="“{file}” was fetched but cannot be put away there: {reason} It is not taken over again.",
    remedy_de="Das Recht zum Umbenennen oder Löschen geben lassen (after = move oder delete).",
    remedy_en="Have the right to rename or delete granted (after = move or delete).",
    severity=Severity.WARNING,
)
NAME_WAITS = kind(
    "channel.name_waits",
    de="„{file}“ wartet: im Eingang liegt noch eine Datei dieses Namens.",
    en="“{file}” waits: the inbox still has a file of that name.",
    remedy_de="Es geht von selbst weiter, sobald jene verarbeitet ist.",
    remedy_en="It goes on by itself when that one has been processed.",
    severity=Severity.WARNING,
)
NAME_TAKEN = kind(
    "channel.name_taken",
    de="„{file}“ ist auf {place} schon vorhanden und lässt sich nicht ersetzen; die neue liegt dort als „{part}“.",
    en="“{file}” exists on {place} already and cannot be replaced; the new one lies there as “{part}”.",
    remedy_de="Die alte Datei dort wegräumen lassen; es wird von selbst weiter versucht.",
    remedy_en="Have the old file there cleared away; it is tried again by itself.",
)
TAKEN_AT_ONCE = kind(
    "channel.taken_at_once",
    de="{place} hat „{file}“ sofort nach dem Senden weggenommen; sie gilt als zugestellt.",
    en="{place} took “{file}” away at once after sending; it counts as delivered.",
    remedy_de="Nichts zu tun; im Zweifel beim Partner nachfragen, ob sie ankam.",
    remedy_en="Nothing to do; in doubt ask the partner whether it has arrived.",
    severity=Severity.WARNING,
)
LOCAL = kind(
    "channel.local",
    de="„{file}“ lässt sich hier nicht lesen oder schreiben: {reason}",
    en="“{file}” cannot be read or written here: {reason}",
    remedy_de="Freien Platz und Rechte der eigenen Ordner prüfen. Es wird von selbst weiter versucht.",
    remedy_en="Check free space and rights of the own folders. It is tried again by itself.",
)
UNSURE = kind(
    "channel.unsure",
    de="Beim letzten Byte von „{file}“ riss die Verbindung zu {place} ab, und die Datei ist dort nicht zu sehen: ob "
    "sie angekommen ist, weiß nur der Partner. Sie wird nicht noch einmal gesendet.",
    en="The connection to {place} was lost at the last byte of “{file}”, and the file cannot be seen there: only the "
    "partner knows whether it has arrived. It is not sent again.",
    remedy_de="Beim Partner nachfragen. Ist sie da: aus dem Ausgang wegräumen. Fehlt sie: umbenennen, dann wird sie "
    "gesendet.",
    remedy_en="Ask the partner. If it is there, clear it out of the outbox. If not, rename it, and it is sent.",
)
INTERNAL = kind(
    "channel.internal",
    de="Interner Fehler im Kanal: {reason}",
    en="Internal error in the channel: {reason}",
    remedy_de="Senden Sie das Protokoll an den Betreuer; es wird weiter versucht.",
    remedy_en="Send the log to support; it is tried again.",
)
