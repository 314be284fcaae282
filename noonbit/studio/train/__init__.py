"""Begin a training, and find those that were begun.

page.py    the form, and the list below it
texts.py   the words of this page
"""
