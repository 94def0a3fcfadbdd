"""exchange: files between Sage Office Line (Sage 100) and a Lightspeed eCom (C-Series) shop."""

__version__ = "0.1.0"
