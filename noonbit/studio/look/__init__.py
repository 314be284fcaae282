"""Look into a run: what it gets right and wrong, and what one answer rests on.

frame.py         what its pages share
page.py          the choice of a run, and its parts: matrix, mistakes, calibration, classes
gallery.py       the test items of a cell of the matrix, the worst mistakes, the close calls
calibration.py   the chart of stated probabilities
item_page.py     one item, or an input of one's own: bars, regions, neighbours, layers
own_input.py     the form for an input of one's own; own.py keeps what was given
texts.py         the words of these pages
routes.py        what these pages load: pictures, frames
process.py       keeps a process for each run that is looked at
worker.py        how such a process is asked
inspector.py     what it answers; the only one that imports PyTorch
explanations.py  ... and an explanation as plain values
"""
