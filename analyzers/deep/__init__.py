"""Deep passes: slower tools, asked for by name, over code that its language's own let pass."""
