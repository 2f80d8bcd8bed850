"""What a finished run says to people and programs: one `ReportData`, then every format from it.

The door is `balance_sync.reports.writer.write_reports`.
"""
