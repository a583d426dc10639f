"""The exporters: one file, one format for finished rows."""
