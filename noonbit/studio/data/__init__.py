"""Choose data, see what is wrong with them, change them at random, or make a set of one's own.

page.py                 the choice: a known set, a path, files, or what was made here
view_page.py            what a data set is, what check found, and samples
augmentation_panel.py   its pictures changed at random, redrawn as sliders move
make_page.py            a data set that is drawn, photographed or put together; pad.py is the pad
upload.py               files that a page sends, streamed into data_sets.py: the folder data/
inspection.py           opens and checks a data set in a process of its own; inspector.py asks it
texts.py                the words of these pages
"""
