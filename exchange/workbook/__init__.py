"""Excel workbooks: what the codec and the template writer share.

- container: is the file a workbook at all, and a harmless one
- book: an open workbook, one cheap look over a sheet's xml, its rows
- table: which sheet, which header row, which column holds which field
- cells: one cell → raw value, or what is wrong with the cell
- reading: the rows of a table → raw records
- marking: the user's own workbook with the faulty cells marked
"""
