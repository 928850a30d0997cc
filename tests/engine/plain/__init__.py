"""The engine once more, slow and obvious: what the kernels are held against.

It shares nothing with them but the data types of their answers: lines by windows and pandas,
positions by a loop over bars, money by an account with cash and shares, figures by their
definitions.
"""
