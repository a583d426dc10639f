"""The model backends: one file, one backend."""
