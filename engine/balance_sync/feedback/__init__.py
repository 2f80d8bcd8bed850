"""What people decided about findings: kept append-only, read back from workbooks, and weighed for a run.

A decision is shown beside its finding and never hides one of a rule; of the detector's findings it can set
the transaction aside. `journal.Journal` keeps the decisions, `standing.weigh` says which of them count.
"""
