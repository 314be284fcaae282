"""The programs of five documents in their order, each with the command that does it."""
