"""The analyzers: one file, one language checked without running it."""
