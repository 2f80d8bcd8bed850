"""The sheets of the workbook: formats, columns, rows and what stands on each sheet."""
