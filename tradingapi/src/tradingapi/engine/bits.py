"""Sixty-four bars in one word: comparisons, and the latch that both kinds of rules are.

A rule's state is a latch: some bars set it, some clear it, and the others leave it as it is.

    state[t] = set[t] or (not clear[t] and state[t-1])

That is how the carry of an addition runs through a word: `set` generates a carry, a bar that is
neither set nor clear passes it on. So one 64-bit addition resolves sixty-four bars, ties
included, without a branch: in A + B with A = not clear, B = set, the carry into each bit is the
state before that bar.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from tradingapi.engine.bars import FloatArray
from tradingapi.engine.jit import piece

SingleArray: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float32]]

Object: TypeAlias = Any
"""Objects of numba and of LLVM, which carry no types."""

PAIR: Final = cast("Callable[..., Object]", types.UniTuple)(types.uint64, 2)

LANES: Final = 16
"""Single-precision numbers in a vector of 512 bits, or in two of 256."""

WORD: Final = 64
"""Bars in a word. Rows are padded by as many NaN, so that the last word may be read whole."""


@intrinsic
def _first_bit(_typing: Object, _word: Object) -> Object:
    """Return the position of the lowest set bit of a word that is not zero."""

    def generate(_context: Object, builder: Object, _signature: Object, args: Object) -> Object:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


@intrinsic
def _last_bit(_typing: Object, _word: Object) -> Object:
    """Return the position of the highest set bit of a word that is not zero."""

    def generate(_context: Object, builder: Object, _signature: Object, args: Object) -> Object:
        leading = builder.ctlz(args[0], ir.Constant(ir.IntType(1), 1))
        return builder.sub(ir.Constant(ir.IntType(WORD), WORD - 1), leading)

    return types.int64(types.uint64), generate


@intrinsic
def _words_apart(
    _typing: Object, rows: Object, _first: Object, _second: Object, margin: Object, _bar: Object
) -> Object:
    """Compare on one vector of 64 numbers: LLVM cuts it to what the processor has."""

    def generate(context: Object, builder: Object, signature: Object, args: Object) -> Object:
        vector = ir.VectorType(ir.DoubleType(), WORD)
        table = context.make_array(signature.args[0])(context, builder, args[0])
        width = builder.extract_value(table.shape, 1)

        def load(data: Object, index: Object) -> Object:
            start = builder.gep(data, [index])
            return builder.load(builder.bitcast(start, vector.as_pointer()), align=8)

        def row(number: Object) -> Object:
            return load(table.data, builder.add(builder.mul(number, width), args[4]))

        least = context.make_array(signature.args[3])(context, builder, args[3])
        apart, least = builder.fsub(row(args[1]), row(args[2])), load(least.data, args[4])
        above = builder.fcmp_ordered(">", apart, least)
        below = builder.fcmp_ordered("<", apart, builder.fneg(least))
        words = [builder.bitcast(mask, ir.IntType(WORD)) for mask in (above, below)]
        return context.make_tuple(builder, signature.return_type, words)

    index = types.int64
    table, line = types.Array(types.float64, 2, "C"), types.Array(types.float64, 1, "C")
    if (rows, margin) != (table, line):
        return None
    return PAIR(table, index, index, line, index), generate


@intrinsic
def _signs_apart(
    _typing: Object, keys: Object, _first: Object, _second: Object, guard: Object, _bar: Object
) -> Object:
    """Subtract some numbers at a time, and gather their signs."""

    def generate(context: Object, builder: Object, signature: Object, args: Object) -> Object:
        single, byte = ir.FloatType(), ir.IntType(LANES)
        vector, integers = ir.VectorType(single, LANES), ir.VectorType(ir.IntType(32), LANES)
        mask, word = ir.VectorType(ir.IntType(1), LANES), ir.IntType(WORD)
        table = context.make_array(signature.args[0])(context, builder, args[0])
        width = builder.extract_value(table.shape, 1)
        starts = [
            builder.gep(table.data, [builder.add(builder.mul(args[row], width), args[4])])
            for row in (1, 2)
        ]

        def load(start: Object, lane: int) -> Object:
            at = builder.gep(start, [ir.Constant(ir.IntType(64), lane)])
            return builder.load(builder.bitcast(at, vector.as_pointer()), align=4)

        def everywhere(value: Object, kind: Object) -> Object:
            filled = ir.Constant(kind, ir.Undefined)
            for lane in range(LANES):
                filled = builder.insert_element(filled, value, ir.Constant(ir.IntType(32), lane))
            return filled

        least, size = everywhere(args[3], vector), ir.Constant(integers, [0x7FFFFFFF] * LANES)
        above, near = ir.Constant(word, 0), ir.Constant(mask, [0] * LANES)
        for lane in range(0, WORD, LANES):
            first, second = load(starts[0], lane), load(starts[1], lane)
            bits = builder.bitcast(builder.fsub(second, first), integers)
            distance = builder.bitcast(builder.and_(bits, size), vector)
            near = builder.or_(near, builder.fcmp_unordered("<=", distance, least))
            signs = builder.icmp_signed("<", bits, ir.Constant(integers, [0] * LANES))
            part = builder.zext(builder.bitcast(signs, byte), word)
            above = builder.or_(above, builder.shl(part, ir.Constant(word, lane)))
        near = builder.zext(builder.bitcast(near, byte), word)
        return context.make_tuple(builder, signature.return_type, [above, near])

    index = types.int64
    table = types.Array(types.float32, 2, "C")
    if (keys, guard) != (table, types.float32):
        return None
    return PAIR(table, index, index, types.float32, index), generate


first_bit = cast("Callable[[np.uint64], int]", _first_bit)
"""Position of the lowest set bit of a word that is not zero."""

last_bit = cast("Callable[[np.uint64], int]", _last_bit)
"""Position of the highest set bit of a word that is not zero."""

words_apart = cast(
    "Callable[[FloatArray, int, int, FloatArray, int], tuple[np.uint64, np.uint64]]",
    _words_apart,
)
"""(rows, first, second, margin, bar): compare two rows over the 64 bars from `bar`.

The first word has the bars with rows[first] - rows[second] > margin, the second those with
rows[first] - rows[second] < -margin. NaN is neither. The bits are the same on every processor.
"""


signs_apart = cast(
    "Callable[[SingleArray, int, int, np.float32, int], tuple[np.uint64, np.uint64]]",
    _signs_apart,
)
"""(keys, first, second, guard, bar): compare two rows of keys over the 64 bars from `bar`.

The second word is 0 if at every bar they are further apart than `guard`, NaN being no such bar;
only then does the first word have the bars with keys[first] > keys[second].
"""


@piece
def latch(sets: np.uint64, clears: np.uint64, before: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return (the state after each bar, the state before each bar) of 64 bars.

    `sets` and `clears` have no bit in common; `before` is the state before the first bar, 0 or 1.
    """
    keeps = ~clears
    carried = keeps + sets + before
    earlier = carried ^ keeps ^ sets
    return sets | (keeps & earlier), earlier
