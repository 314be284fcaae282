"""A trained network as a service."""
