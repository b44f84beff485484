"""Calls back when a watched file changes."""

import logging
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

log = logging.getLogger(__name__)

# A save often touches several files: changes are gathered until this long after the last one …
_QUIET_MS = 60
# … but not for longer than this.
_GATHER_MS = 1000


def watch(
    paths: Iterable[Path], on_change: Callable[[], None], stop: threading.Event
) -> list[threading.Thread]:
    """Start watching files and whole folders, in daemon threads that end when ``stop`` is set.

    A path that does not exist is left out. What editors leave behind is no change. Where the system
    cannot watch, a warning says so and nothing is called.

    Args:
        paths: folders, watched with everything below them, and single files.
        on_change: called in a watching thread; changes that happen meanwhile are told afterwards.
        stop: ends the threads within a fraction of a second, or when ``on_change`` returns.
    """
    known = {path.resolve() for path in paths if path.exists()}
    folders = {path for path in known if path.is_dir()}
    files = known - folders
    # A file is watched through its folder: editors save by putting a new file in its place.
    watchers = [
        (folders, True, lambda path: any(path.is_relative_to(folder) for folder in folders)),
        ({path.parent for path in files}, False, lambda path: path in files),
    ]
    threads = [
        threading.Thread(
            target=_watch, args=(roots, recursive, matters, on_change, stop), daemon=True
        )
        for roots, recursive, matters in watchers
        if roots
    ]
    for thread in threads:
        thread.start()
    return threads


def is_litter(path: Path) -> bool:
    """Tell whether a changed file is none that a person saves."""
    hidden = path.name.startswith(".") or path.name.endswith(("~", ".pyc", ".tmp"))
    # Vim tries with a file of this name whether it may write to a folder.
    return hidden or "__pycache__" in path.parts or path.name == "4913"


def _watch(
    roots: set[Path],
    recursive: bool,
    matters: Callable[[Path], bool],
    on_change: Callable[[], None],
    stop: threading.Event,
) -> None:
    import watchfiles

    def is_wanted(_change: watchfiles.Change, name: str) -> bool:
        return matters(Path(name)) and not is_litter(Path(name))

    try:
        for changes in watchfiles.watch(
            *sorted(roots),
            watch_filter=is_wanted,
            recursive=recursive,
            debounce=_GATHER_MS,
            step=_QUIET_MS,
            stop_event=stop,
            raise_interrupt=False,
        ):
            log.info("changed: %s", ", ".join(sorted(name for _, name in changes)))
            on_change()
    except (OSError, RuntimeError) as error:  # the system's limit on watches, mostly
        log.warning("changes are not noticed, build by hand: %s", error)
