"""Hyper-parameters of trainings, a TOML file for each preset."""
