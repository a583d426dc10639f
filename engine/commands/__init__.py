"""The commands: one file, one word of the command line."""
