"""Tests of what starts a browser of its own."""

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def in_a_thread(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test beside the other tests' browser, whose event loop lives in the main thread."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(test, *args, **kwargs).result()

    return run
