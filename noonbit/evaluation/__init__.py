"""Predictions, and the metrics computed from them."""
