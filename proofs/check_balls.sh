#!/bin/sh
# The f64 balls of the engine against Ball.v, bit for bit, on random operations.
set -eu
export LC_ALL=C
cd "$(dirname "$0")/.."
REQUIRE_COQ=1 cargo test --quiet --test certificates balls_in_coq -- --nocapture
