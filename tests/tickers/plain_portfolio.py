"""A portfolio of equal parts, day by day and in exact fractions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

ONE = Fraction(1)


@dataclass(frozen=True)
class PlainSleeve:
    """One ticker: its return and whether a position is held, by day."""

    returns: Mapping[int, Fraction]
    invested: Mapping[int, bool]

    def months(self, month_of: Mapping[int, int]) -> range:
        """Return the months in which it is a member."""
        days = sorted(self.returns)
        return range(month_of[days[0]], month_of[days[-1]] + 1)


def equity(
    sleeves: Sequence[PlainSleeve],
    month_of: Mapping[int, int],
    entering: Fraction,
    leaving: Fraction,
) -> list[Fraction]:
    """Return equity at the end of each day that any ticker has."""
    days = sorted({day for sleeve in sleeves for day in sleeve.returns})
    everyone = range(len(sleeves))
    found: list[Fraction] = []
    values, held = dict.fromkeys(everyone, Fraction(0)), dict.fromkeys(everyone, False)
    month = None
    for day in days:
        if month_of[day] != month:
            month = month_of[day]
            members = {i for i in everyone if month in sleeves[i].months(month_of)}
            if not found:
                values = {i: ONE / len(members) if i in members else Fraction(0) for i in everyone}
            else:
                each = one_part(values, held, members, entering, leaving)
                values = {i: each if i in members else Fraction(0) for i in everyone}
        for i in everyone:
            if day in sleeves[i].returns:
                values[i] *= 1 + sleeves[i].returns[day]
                held[i] = sleeves[i].invested[day]
        found.append(sum(values.values(), Fraction(0)))
    return found


def one_part(
    values: Mapping[int, Fraction],
    held: Mapping[int, bool],
    members: set[int],
    entering: Fraction,
    leaving: Fraction,
) -> Fraction:
    """Find what each member gets: every piece of a line is solved, and the one that fits is it."""

    def left_over(part: Fraction) -> Fraction:
        """Return the money that is left if every member has this part."""
        left = Fraction(0)
        for i, value in values.items():
            surplus = value - (part if i in members else 0)
            if not held[i]:
                left += surplus
            else:
                left += surplus * leaving if surplus > 0 else surplus / entering
        return left

    corners = sorted({Fraction(0), *values.values(), 1 + sum(values.values(), Fraction(0))})
    for low, high in pairwise(corners):
        above, below = left_over(low), left_over(high)
        if above >= 0 >= below:
            return low if above == below else low + (high - low) * above / (above - below)
    raise AssertionError("there is always one")
