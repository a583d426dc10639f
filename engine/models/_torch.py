"""torch and transformers, imported in one place; needs the extra `train`. Nothing is fetched."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch  # both read the environment
import transformers

__all__ = ["torch", "transformers"]
