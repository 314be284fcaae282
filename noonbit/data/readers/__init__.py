"""One module a file format, and the registry that recognises them."""
