"""The gate: what a policy says of the rows of a checked data set, and how the verdict is told."""
