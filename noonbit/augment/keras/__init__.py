"""Keras's `ImageDataGenerator`, with the same arguments, on noonbit's transforms."""
