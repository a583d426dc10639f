"""The stages: one file, one stage, named by what it does."""
