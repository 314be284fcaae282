"""Watch a training and steer it.

page.py       the numbers, the curves, the layers, and in the end the result
controls.py   pause, one step, stop; the settings that can be changed between two steps
course.py     the course of a training, read on from its run folder
curves.py     ... as the options of a chart
routes.py     frames over a WebSocket, and the report
texts.py      the words of this page; the scripts that paint the layers are in static/
"""
