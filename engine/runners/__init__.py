"""The runners: one file, one way to run a recipe."""
