"""Dividing whole units by weights so that a growing sum never takes a unit from anybody (Webster's method)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def apportioned(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide `amount` (0 to the sum of the `weights`) as Webster apportions seats; no part exceeds its weight.

    Largest remainder would not do: as the amount grows one of its parts may shrink (the Alabama paradox), and
    a refund would credit somebody. Webster's parts only grow, and equal the weights once the amount is their
    sum.
    """
    whole = sum(weights)
    if not amount:
        return [0] * len(weights)
    parts = [(2 * amount * weight + whole) // (2 * whole) for weight in weights]
    everyone = range(len(weights))
    while sum(parts) < amount:
        parts[max(everyone, key=lambda i: (Fraction(weights[i], 2 * parts[i] + 1), -i))] += 1
    while sum(parts) > amount:
        held = [i for i in everyone if parts[i]]
        parts[min(held, key=lambda i: (Fraction(weights[i], 2 * parts[i] - 1), -i))] -= 1
    return parts
