"""Read image and text data: one module per file format, and a registry that recognises them."""
