"""Look into a run: what it gets right and wrong, and what one answer rests on.

page.py        the choice of a run, and its parts: matrix, mistakes, calibration, classes
gallery.py     the test items of a cell of the matrix, the worst mistakes, the close calls
item_page.py   one item, or one of the user's own: bars, regions, neighbours, layers
texts.py       the words of these pages
routes.py      pictures and frames for them, and what the user gives
process.py     keeps a process for each run that is looked at
worker.py      that process: reads questions, writes answers
inspector.py   answers them; the only one that imports PyTorch
"""
