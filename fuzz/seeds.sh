#!/usr/bin/env bash
# Writes the first inputs of the fuzz targets to fuzz/corpus: the queries of the tests, and a whole file of each format.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p fuzz/corpus/parse
count=0
while IFS= read -r -d $'\x01' query; do
    count=$((count + 1))
    printf '%s' "$query" > "fuzz/corpus/parse/$count.kql"
done < <(awk 'FNR == 1 { on = 0 } /^```kql/ { on = 1; next } /^```/ { if (on) printf "\001"; on = 0; next } on' \
    tests/spec/*/*.md tests/spec/*.md)
rm -rf fuzz/corpus/plan
cp -r fuzz/corpus/parse fuzz/corpus/plan
KQL_SEEDS="$PWD/fuzz/corpus" KQL_MUTANTS=0 cargo test --workspace -p kql-engine --lib mutants
