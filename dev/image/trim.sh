#!/bin/sh
# Takes out of a virtual environment what no process of an image uses: tests, C headers, Arrow's
# RPC. Then every file gets the same time: compiled kernels know their source by it, layers keep
# whole seconds, and the same sources give the same layers.
set -eu
cd "$1"
rm -f .lock CACHEDIR.TAG
cd lib/python3*/site-packages
find . -depth -type d -name tests -exec rm -rf {} +
find . -depth -type d -name __pycache__ -exec rm -rf {} +
rm -rf pyarrow/include pyarrow/src numpy/_core/include
rm -f pyarrow/*_flight.* pyarrow/flight.py pyarrow/_pyarrow_cpp_tests.*
find "$1" -exec touch -h -d @315532800 {} +
