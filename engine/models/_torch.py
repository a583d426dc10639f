"""torch and transformers, imported in one place; needs the extra `train`."""

import torch
import transformers

__all__ = ["torch", "transformers"]
