"""Keras's `ImageDataGenerator` by the names of its settings, on noonbit's transforms."""
