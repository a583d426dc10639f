"""The report: what a run leaves for people to read."""
