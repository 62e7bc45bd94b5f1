#!/usr/bin/env bash
# Writes the lock files anew: pinned, hashed, for every system, without any registry's address.
set -euo pipefail
cd "$(dirname "$0")/.."
lock() {
    local file=$1
    shift
    .venv/bin/uv pip compile -q pyproject.toml --group build "$@" --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make locks" ${UPGRADE:+--upgrade} -o "$file"
}
lock requirements.txt
lock requirements-dev.txt --extra dev -c requirements.txt
lock requirements-bench.txt --extra dev --extra bench -c requirements-dev.txt
