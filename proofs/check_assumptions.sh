#!/bin/sh
# Fails on a hole or an axiom in the sources, on an axiom outside assumptions.allow, and
# where the theorems of theories/Assumptions.v are not those of the table in README.md.
set -eu
export LC_ALL=C
cd "$(dirname "$0")"
if grep -nE '\b(Admitted|admit|give_up|Axiom|Axioms|Parameter|Parameters|Conjecture|bypass_check|Unset Guard Checking|Unset Positivity Checking|Unset Universe Checking|type-in-type)\b' theories/*.v examples/*.v; then
  echo "hole or axiom in the sources" >&2; exit 1; fi
coqc -Q theories Exactract theories/Assumptions.v > assumptions.out
# an axiom line is "name : type" or a bare "name" at column 0
grep -E "^[A-Za-z_]" assumptions.out | grep -vE '^(Axioms:|Closed under the global context|Section Variables:)' \
  | sed -E 's/^([A-Za-z0-9_.'"'"']+).*/\1/' | sort -u > assumptions.names
if comm -23 assumptions.names assumptions.allow | grep .; then
  echo "axiom outside assumptions.allow" >&2; exit 1; fi
n=$(grep -cE '^(Axioms:|Closed under the global context)' assumptions.out)
sed -n 's/^Print Assumptions \(.*\)\.$/\1/p' theories/Assumptions.v | sort > assumptions.out
want=$(wc -l < assumptions.out)
[ "$n" = "$want" ] || { echo "expected $want answers, got $n" >&2; exit 1; }
if ! sed -n 's/^| `\([A-Za-z0-9]*\.[A-Za-z0-9_]*\)` |.*/\1/p' README.md | sort | diff - assumptions.out; then
  echo "README.md and theories/Assumptions.v name different theorems" >&2; exit 1; fi
echo "ok: $n theorems, $(wc -l < assumptions.names) axiom names, all allowed"
