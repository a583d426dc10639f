"""Probes that hold a running sandbox to what it promises."""
