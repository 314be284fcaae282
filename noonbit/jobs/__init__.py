"""Trainings from a source to a run folder."""
