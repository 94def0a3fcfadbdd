"""The canonical business objects, one file each. Every format and both systems speak through these."""
