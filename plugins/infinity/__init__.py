"""Infinity-Instruct (arXiv 2506.11116) on the engine: pool, select, label, evolve, diagnose."""
