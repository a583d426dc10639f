"""Words that say nothing of a subject."""

import re

SMALL = frozenset(
    re.findall(
        r"\w+",
        "a an the of to and or for with in on by at from into as that this these those it its is"
        " are was were be been do does did no not you your i my me we our they their he she his her"
        " will would can could should may might must have has had what which who how when where why"
        " if then than so but about any some all each given following please",
    )
)
ASKING = SMALL | frozenset(["give", "list", "make", "name", "say", "tell", "there", "us", "write"])
"""Those, and the words with which one asks for anything."""
