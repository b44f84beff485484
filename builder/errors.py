"""Every error that Livematte raises on purpose.

::

    LivematteError
    ├── RecipeError        a recipe file that cannot be used (carries every mistake found)
    ├── FetchError         source bytes that cannot be brought, or that are not the expected ones
    ├── CacheError         a cache that cannot be written
    ├── ModelImportError   source bytes that are no model, or hold an op that is not known
    ├── ContractError      a model that cannot be brought to the frame → alpha contract
    ├── VerifyError        a stage that changed the answer, or that was never compared
    ├── QuantizeError      a variant that cannot be made
    ├── MediaError         a picture, video or camera that cannot be read or written
    ├── EvaluateError      folders with nothing to evaluate
    ├── SiteError          a site that cannot be rendered or swapped in
    ├── ServeError         a server that cannot start
    ├── BrowserError       a Chromium that is missing or does not run
    ├── CheckError         a comparison of site and reference that cannot be made
    ├── BenchError         a measurement that cannot be made as it was asked for
    ├── ReduceError        a runtime whose functions cannot be told apart
    └── TuneError          a tuning that cannot be measured, written or read

The message is one line: what is wrong, then how to mend it. The command line prints it as it
stands; nothing else in the project catches the base class.
"""


class LivematteError(Exception):
    """Base of the tree above."""


class RecipeError(LivematteError):
    """A recipe that cannot be used; ``problems`` holds one line per mistake."""

    def __init__(self, path: str, problems: list[str]) -> None:
        self.path = path
        self.problems = problems
        head = f"{path}: {len(problems)} mistake{'s' if len(problems) > 1 else ''}"
        super().__init__(
            "\n  ".join([head, *problems]) if len(problems) > 1 else f"{path}: {problems[0]}"
        )


class FetchError(LivematteError):
    """Source bytes that cannot be brought, or that are not the expected ones."""


class CacheError(LivematteError):
    """A cache that cannot be written."""


class ModelImportError(LivematteError):
    """Source bytes that are no model, or hold an op that is not known."""


class ContractError(LivematteError):
    """A model that cannot be brought to the frame → alpha contract."""


class VerifyError(LivematteError):
    """A stage whose output differs from the stage before it, or was never compared."""


class QuantizeError(LivematteError):
    """A variant that cannot be made."""


class MediaError(LivematteError):
    """A picture, video or camera that cannot be read or written."""


class EvaluateError(LivematteError):
    """Folders with nothing to evaluate."""


class SiteError(LivematteError):
    """A site that cannot be rendered or swapped in."""


class ServeError(LivematteError):
    """A server that cannot start."""


class BrowserError(LivematteError):
    """A Chromium that is missing or does not run."""


class CheckError(LivematteError):
    """A comparison of site and reference that cannot be made, or that found a difference."""


class BenchError(LivematteError):
    """A measurement that cannot be made as it was asked for."""


class TuneError(LivematteError):
    """A tuning that cannot be measured, written or read."""


class ReduceError(LivematteError):
    """A runtime whose functions cannot be told apart."""
