"""The grammars: what is known of each language, as data."""
