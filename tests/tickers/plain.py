"""Many tickers, slowly and plainly: places as fractions, one pair at a time."""

from collections.abc import Sequence
from fractions import Fraction
from statistics import median
from typing import NamedTuple

LEVELS = 65_534


class PlainRank(NamedTuple):
    """A pair over all tickers; places are in 65,534ths above 1, or 0 without any."""

    tickers: int
    twice_median: int
    worst: int


def place(score: float, among: Sequence[float]) -> int:
    """Return the place of a score among all: r/(n + 1), equals at their mean place."""
    below = sum(other < score for other in among)
    equal = sum(other == score for other in among)
    mean = Fraction(sum(range(below + 1, below + equal + 1)), equal)
    part = mean / (len(among) + 1) * LEVELS
    return 1 + int(part + Fraction(1, 2))


def standing(scores: Sequence[Sequence[float | None]]) -> list[PlainRank]:
    """Rank pairs; one row of scores a ticker, None for a pair that is not eligible."""
    found = []
    for pair in range(len(scores[0])):
        places = []
        for row in scores:
            score = row[pair]
            if score is not None:
                among = [other for other in row if other is not None]
                places.append(Fraction(place(score, among)))
        middle = int(2 * median(places)) if places else 0
        found.append(PlainRank(len(places), middle, int(min(places, default=Fraction()))))
    return found


def order(ranks: Sequence[PlainRank], tickers: int) -> list[int]:
    """List the pairs, best first: those on 80 % of the tickers, by median, worst, and tickers."""

    def key(index: int) -> tuple[bool, int, int, int, int]:
        rank = ranks[index]
        missing = Fraction(rank.tickers, tickers) < Fraction(8, 10)
        return missing, -rank.twice_median, -rank.worst, -rank.tickers, index

    return sorted(range(len(ranks)), key=key)
