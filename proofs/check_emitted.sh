#!/bin/sh
# A certificate that the program emits: the kernel must accept it as it is, and refuse it with
# one digit changed. EXACTRACT names the program; without it, the debug build.
set -eu
export LC_ALL=C
cd "$(dirname "$0")"
program=${EXACTRACT:-../target/debug/exactract}
[ -x "$program" ] || { echo "$program: not there; cargo build, or set EXACTRACT" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$program" run --random "${1:-8-6-3}" --seed 1 --quiet --certificate "$work/certificate.json"
"$program" check "$work/certificate.json" --coq "$work"

accepted() { coqc -Q theories Exactract "$work/$1.v" >"$work/out" 2>&1; }
expect() { # statement, its checker, what changes a digit of a line
  accepted "$1" || { cat "$work/out" >&2; exit 1; }
  echo "ok: $1.v"
  mv "$work/$1.v" "$work/whole.v"
  sed -e '/^Definition second_1_0 /{' -e "$3" -e '}' "$work/whole.v" >"$work/$1.v"
  if cmp -s "$work/whole.v" "$work/$1.v"; then echo "$1.v: no digit was changed" >&2; exit 1; fi
  if accepted "$1"; then echo "$1.v: accepted with a digit changed" >&2; exit 1; fi
  grep -q "$2" "$work/out" || { cat "$work/out" >&2; exit 1; }
  echo "ok: $1.v with a digit changed is rejected"
}
# The last digit before a bracket; the first digit after a hexadecimal point.
expect equality canonical_check_BQ 's/9\]/8]/;t
s/[0-8]\]/9]/'
expect box sup_eps_check 's/0x1\.f/0x1.e/;t
s/0x1\.[0-9a-e]/0x1.f/'
