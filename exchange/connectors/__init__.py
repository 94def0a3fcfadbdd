"""The systems that records come from and land in: Sage by SQL, the shop by REST, partners by files."""
