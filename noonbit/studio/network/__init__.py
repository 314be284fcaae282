"""Compare networks for some data, and build one layer by layer.

page.py      the catalogue with costs and times, and the networks that were saved
builder.py   the network that is being built, with its arithmetic
draft.py     its layers, what they cost, and where it is kept
costs.py     what every network costs on some data, which the engine is asked once
texts.py     the words of this page
"""
