"""Draw, open or type what a trained network shall answer.

page.py            the choice of a network, and its page in a frame
exported_page.py   that page, made once for a run's weights
texts.py           the words of these pages
"""
