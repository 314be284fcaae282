"""Predictions, and the figures that are honest about them."""
