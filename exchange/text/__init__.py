"""What the text codecs are made of; one codec each in `exchange.codecs`.

- columns: csv: which column holds which field, by title or number
- rows: csv: rows → raw records, and what is wrong with single rows
- lines: txt: fixed places and line types
- scanner: json: the records of a file of any size, one after the other
- keys: json: paths → values, and back
- elements: xml: the elements of the records, one after the other
- tree: xml: paths → values
- markup: xml: records → text
"""
