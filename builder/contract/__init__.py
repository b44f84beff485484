"""The one contract: ``frame`` → ``alpha``.

Input ``frame``: float32 ``[1, 3, H, W]``, RGB, 0..1. Output ``alpha``: float32 ``[1, 1, H, W]``,
probability of "person", 0..1. Everything behind the importers takes and makes such models only.

A recurrent model has state pairs besides: inputs ``state0_in``, ``state1_in``, … after ``frame``
and outputs ``state0_out``, ``state1_out``, … after ``alpha``, float32, the two of a pair of one
fixed shape. What a frame writes, the next one reads; before the first frame all states are zero.
"""

from builder.contract.bring import to_contract
from builder.contract.check import ALPHA, FRAME, State, check_contract, states, zero_states

__all__ = ["ALPHA", "FRAME", "State", "check_contract", "states", "to_contract", "zero_states"]
