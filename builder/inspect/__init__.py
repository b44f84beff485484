"""Says what a model file is, and finds out by trying it what it takes and answers.

`inspect_file` reads a file without running it; `inspect_model` also runs it on portraits whose
alpha is known, under every plausible convention, and writes the recipe that follows, with what is
not sure about it.
"""

from builder.inspect.facts import ModelFacts, TensorFacts
from builder.inspect.read import inspect_file
from builder.inspect.whole import Inspection, inspect_model

__all__ = ["Inspection", "ModelFacts", "TensorFacts", "inspect_file", "inspect_model"]
