"""``report.pdf``: a management summary of a few pages, set by typst.

`content` says what stands in it, `charts` where the lines and bars are, `document` sets it.
"""
