"""Stand-ins to try things out: a Sage database and a shop, both on this machine, with invented data."""
