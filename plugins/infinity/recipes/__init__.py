"""The recipes of Infinity-Instruct: one TOML file each."""
