"""A plug-in from outside, as small as one can be."""
