"""Connected components of a mask, by runs of pixels: fast in numpy alone.

Rows are cut into runs; two runs of neighbouring rows that touch are joined; the joins are resolved
by handing the smallest label round until nothing changes (Shiloach and Vishkin, "An O(log n)
parallel connectivity algorithm", J. Algorithms 1982).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bool = NDArray[np.bool_]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Components:
    """Runs ``[begins, ends)`` of flat pixel numbers, and for each the number of its component.

    ``sizes`` are the components' pixels; the components are numbered in the order of their first
    pixels.
    """

    shape: tuple[int, int]
    begins: Index
    ends: Index
    labels: Index
    sizes: Index

    def mask(self, label: int) -> Bool:
        """The pixels of one component: bool ``[H, W]``."""
        own = self.labels == label
        steps = np.zeros(self.shape[0] * self.shape[1] + 1, np.int8)
        np.add.at(steps, self.begins[own], 1)
        np.add.at(steps, self.ends[own], -1)
        return np.asarray(np.cumsum(steps[:-1], dtype=np.int8).astype(bool).reshape(self.shape))

    def numbers(self) -> Index:
        """The component of each pixel, from 1 on, 0 where there is none: ``[H, W]``."""
        steps = np.zeros(self.shape[0] * self.shape[1] + 1, np.intp)
        np.add.at(steps, self.begins, self.labels + 1)
        np.add.at(steps, self.ends, -(self.labels + 1))
        return np.asarray(np.cumsum(steps[:-1]).reshape(self.shape))


def components(mask: Bool, neighbours: int = 8) -> Components:
    """Find the connected components of a mask ``[H, W]``; ``neighbours`` is 4 or 8."""
    height, width = mask.shape
    padded = np.zeros((height, width + 1), np.int8)  # a run ends with its row
    padded[:, :-1] = mask
    edges = np.flatnonzero(np.diff(padded.ravel(), prepend=0))
    begins, ends = edges[0::2], edges[1::2]
    labels = _resolved(len(begins), *_joins(begins, ends, width + 1, neighbours == 8))
    rows = begins // (width + 1)
    sizes = np.bincount(labels, weights=ends - begins).astype(np.intp)
    return Components(mask.shape, begins - rows, ends - rows, labels, sizes)


def _joins(begins: Index, ends: Index, pitch: int, diagonal: bool) -> tuple[Index, Index]:
    """Pairs of runs that touch, one a row below the other."""
    reach = int(diagonal)
    # A run in the row below touches [begin, end) if it ends after begin and begins before end.
    first = np.searchsorted(ends, begins + pitch - reach, side="right")
    last = np.searchsorted(begins, ends + pitch + reach, side="left")
    counts = np.maximum(last - first, 0)
    upper = np.repeat(np.arange(len(begins)), counts)
    offsets = np.arange(len(upper)) - np.repeat(np.cumsum(counts) - counts, counts)
    return upper, np.repeat(first, counts) + offsets


def _resolved(count: int, first: Index, second: Index) -> Index:
    """Number the groups that pairs make of ``count`` things, in the order of their first ones."""
    parent = np.arange(count)
    while True:
        least = np.minimum(parent[first], parent[second])
        joined = parent.copy()
        np.minimum.at(joined, parent[first], least)
        np.minimum.at(joined, parent[second], least)
        joined = joined[joined]
        if np.array_equal(joined, parent):
            break
        parent = joined
    _, labels = np.unique(parent, return_inverse=True)
    return np.asarray(labels, np.intp)
