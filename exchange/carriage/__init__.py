"""Carriers, the addresses that they accept, and the numbers of their parcels (`formats.md` 1)."""
