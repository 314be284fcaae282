"""A network by hand, its gradient check, its arithmetic, and the documented experiments."""
