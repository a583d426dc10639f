"""A sentence encoder in memory, as sentence-transformers has it; nothing is fetched."""

import math
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sentence_transformers import SentenceTransformer


class Encoder:
    """The encoder of a folder; `limit` is how many tokens it takes, None if any number.

    It counts in double precision: what is left of the order in which numbers are added is far
    behind the digits that are kept, so a text has the same vector in any batch.
    """

    def __init__(self, folder: Path, device: str) -> None:
        import_module("transformers").utils.logging.disable_progress_bar()
        self._model = SentenceTransformer(str(folder), device=device, local_files_only=True)
        self._model.double()
        most = self._model.max_seq_length
        self.limit = None if most is None or math.isinf(most) else int(most)

    def tokens(self, text: str) -> int:
        """How many tokens a text is, those at its ends included."""
        return len(self._model.tokenizer(text, truncation=False, verbose=False)["input_ids"])

    def vectors(self, texts: Sequence[str], prompt: str | None) -> npt.NDArray[np.float64]:
        """A row for each text; `prompt` stands before each, None: what the encoder is used to."""
        found: npt.NDArray[np.float64] = self._model.encode(
            list(texts), prompt=prompt, batch_size=len(texts), show_progress_bar=False
        )
        return found
