"""The sandboxes: one file, one way to run a program in isolation."""
