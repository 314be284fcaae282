"""The documented experiments: a TOML file each, with its claim."""
