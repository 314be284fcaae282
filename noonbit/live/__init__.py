"""A training that is watched and steered from outside, through files in its run folder.

    folder.py      the files, for those who watch; without PyTorch
    wishes.py      what a watcher can ask for
    frame.py       numbers and pictures of a moment as one binary frame
    questions.py   validation items and what the network answers now
    recorder.py    the side of the training: writes frames, reads wishes

The run folder is the only state, so whoever watches can go, come back, or be two.
"""
