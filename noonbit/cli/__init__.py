"""The command line: a module per command, which parses, calls one function, and prints."""
