"""The sources: one file, one place that source code comes from."""
