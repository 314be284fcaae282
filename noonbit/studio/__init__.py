"""The studio: pages on which networks are trained, watched, built and drawn to.

    noonbit studio ──> app.create_app ──> frame.py: a page of PAGES in the frame that all share
                                      └─> watch/routes.py: a training's frames over a WebSocket

Nothing here imports PyTorch: what needs it is a process of `noonbit` (engine.py, trainings.py).
What is to be known of a training stands in its run folder, so a closed page or a studio that was
ended loses nothing.
"""
