"""Carriers and the addresses that they accept (`formats.md` 1). Nothing here knows a file or a database."""
