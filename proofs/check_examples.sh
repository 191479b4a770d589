#!/bin/sh
# Every example must be accepted, except *Tampered.v: its checker must answer false.
set -eu
export LC_ALL=C
cd "$(dirname "$0")"
for file in examples/*.v; do
  case $file in
    *Tampered.v)
      if coqc -Q theories Exactract "$file" >examples.out 2>&1; then
        echo "$file: accepted" >&2; exit 1; fi
      grep -q 'canonical_check_BQ' examples.out || { cat examples.out >&2; exit 1; }
      echo "ok: $file is rejected" ;;
    *)
      coqc -Q theories Exactract "$file" || exit 1
      echo "ok: $file" ;;
  esac
done
rm -f examples.out
