"""JavaScript: Node, oxlint, and what Backfeed knows how to do with them."""

from backfeed.analyzers._node import Node


class _JavaScript(Node):
    language = "javascript"
    suffix = ".js"
    answer_file, test_file = "answer.js", "answer.spec.js"


PLUGIN = _JavaScript()
