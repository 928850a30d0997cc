"""From rows to the bars on which a position is entered and left.

Entries and exits alternate in one array: entry, exit, entry, ... A signal on a bar's close is
filled `delay` bars later (1 for the next open, 0 for the same close), so a signal on the last
bar never fills at the next open.
"""

from typing import Final, NamedTuple, cast

import numpy as np

from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.engine.bits import WORD, SingleArray, first_bit, latch, signs_apart, words_apart
from tradingapi.engine.jit import kernel, piece

WordArray = np.ndarray[tuple[int, ...], np.dtype[np.uint64]]


NONE: Final = cast("int", np.int64(0))
"""A count to begin with. A literal 0 is a type of its own to the compiler, which would compile what
is called with it once more."""


class Lines(NamedTuple):
    """What pairs compare: rows of a strategy's line, or the crossings of levels."""

    rows: FloatArray
    """One row for each distinct period."""
    margin: FloatArray
    """How far apart two rows must be at each bar."""
    keys: SingleArray
    """The rows in half as many bits."""
    guard: SingleArray
    """For each word how far apart two keys must be to decide in the rows' place."""
    words: WordArray | None
    """One row for each level: the bars on which it is crossed up. None where rows compare: kernels
    are compiled for the one or the other."""


class Clock(NamedTuple):
    """Which bars may give signals. Bars count from the history's first, fills from the window's."""

    first: int
    """The first signal bar: the one before the window for fills at the next open."""
    window: int
    """The window's first bar."""
    bars: int
    """Bars of the window."""
    delay: int
    fresh: bool
    """Whether a position that the rule holds at the first signal bar is left out."""


@piece
def state_before(rows: FloatArray, fast: int, slow: int, margin: FloatArray, bar: int) -> np.uint64:
    """Return the state after the last bar before `bar` on which the rows are apart; 0 if none."""
    for t in range(bar - 1, -1, -1):
        apart = rows[fast, t] - rows[slow, t]
        if apart > margin[t]:
            return np.uint64(1)
        if not apart >= -margin[t]:
            return np.uint64(0)
    return np.uint64(0)


@piece
def collect(flips: np.uint64, bar: int, found: int, events: IntArray) -> int:
    """Append the bars of a word's set bits, the first bar being `bar`; return the count."""
    while flips != np.uint64(0):
        events[found] = bar + first_bit(flips)
        found += 1
        flips &= flips - np.uint64(1)
    return found


@piece
def trimmed(events: IntArray, found: int, clock: Clock) -> int:
    """Leave out what may not be traded, and return how many events are left.

    A fill after the last bar never happens. With a fresh start the trade that begins at the very
    first signal bar is one that the rule was in already.
    """
    if found > 0 and events[found - 1] >= clock.bars:
        found -= 1
    at_once = clock.first + clock.delay - clock.window
    if clock.fresh and found > 0 and events[0] == at_once:
        skip = min(2, found)
        for i in range(skip, found):
            events[i - skip] = events[i]
        found -= skip
    return found


@piece
def crossings(lines: Lines, fast: int, slow: int, clock: Clock, events: IntArray) -> int:
    """Write the fills of a position held while row `fast` is above row `slow`; return how many.

    Where the two are tied the last state stays. Keys decide a word in which no bar is near a tie;
    the rows themselves decide the others.
    """
    first = clock.first // WORD
    shift, found = clock.delay - clock.window, NONE
    state = state_before(lines.rows, fast, slow, lines.margin, first * WORD)
    for i in range(first, -(-(clock.window + clock.bars) // WORD)):
        bar = i * WORD
        after, near = signs_apart(lines.keys, fast, slow, lines.guard[i], bar)
        before = after << np.uint64(1) | state
        if near != np.uint64(0):
            above, below = words_apart(lines.rows, fast, slow, lines.margin, bar)
            after, before = latch(above, below, state)
        state = after >> np.uint64(WORD - 1)
        if i == first:
            after &= ~np.uint64(0) << np.uint64(clock.first - bar)
            before = after << np.uint64(1)
        found = collect(after ^ before, bar + shift, found, events)
    return trimmed(events, found, clock)


@kernel
def level_crossings(row: FloatArray, levels: FloatArray, margin: float, words: WordArray) -> None:
    """Set the bits of the bars on which the row crosses up through each level.

    It must have been below and be above: a row that begins above a level has not crossed it, and
    one that touches it from above stays above.
    """
    rows, margins = np.empty((2, row.size)), np.full(row.size, margin)
    rows[0] = row
    for k in range(levels.size):
        rows[1] = levels[k]
        state = np.uint64(1)
        for i in range(words.shape[1]):
            above, below = words_apart(rows, 0, 1, margins, i * WORD)
            after, before = latch(above, below, state)
            words[k, i] = after & ~before
            state = after >> np.uint64(WORD - 1)


@piece
def latched(words: WordArray, enter: int, leave: int, clock: Clock, events: IntArray) -> int:
    """Write the fills of a position that one row's bars enter and another's leave.

    A bar that does both ends flat.
    """
    shift = clock.delay - clock.window
    state, found = np.uint64(0), NONE
    for i in range(words.shape[1]):
        bar = i * WORD
        after, before = latch(words[enter, i] & ~words[leave, i], words[leave, i], state)
        state = after >> np.uint64(WORD - 1)
        if bar + WORD <= clock.first:
            continue
        if bar <= clock.first:
            after &= ~np.uint64(0) << np.uint64(clock.first - bar)
            before = after << np.uint64(1)
        found = collect(after ^ before, bar + shift, found, events)
    return trimmed(events, found, clock)
