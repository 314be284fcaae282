"""The runs in a table, two or more side by side, and what can be made of one.

page.py              the table: sorted, searched, chosen from
comparison_page.py   runs side by side, as `noonbit compare` compares them
figures.py           a figure of a run as text, and an interval as a bar
run_curves.py        the curves of several runs in one chart
take_out_page.py     a run as a file or a page to keep, and as a server
servers.py           the servers that the studio has started
routes.py            the files to download
texts.py             the words of these pages
"""
