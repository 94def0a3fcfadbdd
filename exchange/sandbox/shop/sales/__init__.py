"""How orders come about, and what becomes of them (2.18 to 2.23)."""
