"""The readers: one file, one format of data sets that come in."""
