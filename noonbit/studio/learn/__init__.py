"""Follow the course documents, program by program.

page.py                the documents, the search, and the programs of one document
program.py             one program: its buttons, what its command says, its result beside the claim
commands.py            begins the commands, which go on when the page is closed
drawings.py            which drawing stands beside a program: most are scripts of static/learn/
architecture.py        ... a network as SVG
byhand_table.py        ... the table of the network by hand, as it is computed
two_trainings.py       ... two trainings as curves; networks/ are those of dropout
ensemble_drawing.py    ... members beside their ensemble
pictures.py            ... pictures that a command wrote
texts.py               the words of these pages; code_text.py adds commands in them
"""
