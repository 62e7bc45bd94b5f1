#!/usr/bin/env bash
# Prepares a working copy: tools/setup.sh run | dev | bench
#   run    what `xiaojia serve` needs: .venv with the locked packages, styles, message catalogues
#   dev    and what tests and checks need, with a chromium when we may install one
#   bench  and the peers of the benchmarks
# Each step leaves a stamp, so that a second call takes a moment. Nothing outside this folder is changed,
# but for Debian's chromium under `dev` as root.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly kind="${1:-run}"
readonly stamps=.venv/stamps

main() {
    mkdir -p .venv
    exec 9>.venv/setup.lock
    flock 9
    environment
    case "$kind" in
        run) packages requirements.txt ;;
        dev) packages requirements-dev.txt ;;
        bench) packages requirements-bench.txt ;;
        *) refuse "tools/setup.sh knows run, dev and bench, not '$kind'." ;;
    esac
    ourselves
    styles
    catalogues
    planner
    if [ "$kind" = dev ]; then chromium; fi
}

refuse() {
    echo "$1" >&2
    exit 2
}

# stamped NAME FILES...: true when step NAME was done with exactly these files.
stamped() {
    local name=$1
    shift
    [ -f "$stamps/$name" ] && [ "$(cat "$stamps/$name")" = "$(cat "$@" | sha256sum)" ]
}

stamp() {
    local name=$1
    shift
    mkdir -p "$stamps"
    cat "$@" | sha256sum > "$stamps/$name"
}

environment() {
    if [ -x .venv/bin/pip ] && .venv/bin/python -c '' 2>/dev/null; then return; fi
    local python
    for python in python3 python3.13 python3.12 python3.11; do
        if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            "$python" -m venv .venv >/dev/null 2>&1 || refuse \
                "Python's venv module is missing: run 'apt-get install python3-venv', then this again."
            rm -rf "$stamps"
            return
        fi
    done
    refuse "小家 needs Python 3.11 to 3.13 and found none: run 'apt-get install python3 python3-venv', then this again."
}

# Packages of a richer kind satisfy a poorer one, so `make demo` after `make test` installs nothing.
packages() {
    local file=$1 richer
    for richer in "$file" requirements-dev.txt requirements-bench.txt; do
        if stamped "packages-$richer" "$richer" && holds "$richer" "$file"; then return; fi
    done
    echo "Installing Python packages (a minute or two, once) ..."
    if command -v uv >/dev/null && uv pip install -q --python .venv/bin/python --require-hashes -r "$file" 2>/dev/null; then
        :
    elif ! .venv/bin/pip install -q --disable-pip-version-check --require-hashes -r "$file"; then
        refuse "The Python packages of $file could not be fetched: this needs the network once; connect, then run this again."
    fi
    rm -f "$stamps"/packages-*
    stamp "packages-$file" "$file"
}

# holds A B: every pinned package of B stands in A.
holds() {
    ! comm -13 <(grep -oE '^[A-Za-z0-9._-]+==[^ ]+' "$1" | sort) <(grep -oE '^[A-Za-z0-9._-]+==[^ ]+' "$2" | sort) | grep -q .
}

ourselves() {
    if stamped ourselves pyproject.toml && [ -x .venv/bin/xiaojia ]; then return; fi
    .venv/bin/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . || refuse \
        "The command xiaojia could not be put into .venv; the lines above say why."
    stamp ourselves pyproject.toml
}

styles() {
    if ! stamped npm package.json package-lock.json || [ ! -d node_modules ]; then
        node --version 2>/dev/null | grep -qE '^v(2[0-9]|[3-9][0-9])\.' || refuse \
            "Node 20 or newer is missing, which builds the pages' styles once: install it (nodejs.org, or your system's nodejs and npm), then run this again."
        echo "Fetching the pages' icons and scripts ..."
        npm ci --silent --no-fund --no-audit || refuse \
            "The packages of package-lock.json could not be fetched: this needs the network once; connect, then run this again."
        stamp npm package.json package-lock.json
    fi
    local sources
    mapfile -t sources < <(find xiaojia/assets tools/build_assets.mjs package-lock.json -path xiaojia/assets/built -prune -o -type f -print | LC_ALL=C sort)
    if stamped styles "${sources[@]}" && [ -d xiaojia/assets/built ]; then return; fi
    npm run --silent build >/dev/null || refuse "The pages' styles could not be built; the lines above say why."
    stamp styles "${sources[@]}"
}

catalogues() {
    local sources
    mapfile -t sources < <(find xiaojia/project/locale -name '*.po' 2>/dev/null | LC_ALL=C sort)
    if [ ${#sources[@]} -eq 0 ] || stamped catalogues "${sources[@]}"; then return; fi
    .venv/bin/pybabel -q compile --directory xiaojia/project/locale --domain django || refuse \
        "The message catalogues could not be compiled; the lines above say why."
    stamp catalogues "${sources[@]}"
}

# numba compiles the planner's tables once, half a minute that nobody should wait for at the first plan.
planner() {
    local sources=(requirements.txt xiaojia/engines/partition/_*.py)
    if stamped planner "${sources[@]}"; then return; fi
    echo "Compiling the planner ..."
    .venv/bin/python - <<'PLAN' || refuse "The planner could not be compiled; the lines above say why."
from xiaojia.engines.partition import Problem, Stretch, solve

rows = (Stretch(f"{n // 8}", f"{n}", "1", 40.0 * (n % 8), 40.0 * (n // 8), 6, 5, 23 + n % 11) for n in range(32))
solve(Problem(tuple(rows)))
PLAN
    stamp planner "${sources[@]}"
}

# Browser tests want Debian's chromium and a Chinese font. Without them they skip, and say so.
chromium() {
    if { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null &&
        fc-list ':lang=zh' 2>/dev/null | grep -q .; then return; fi
    local command="apt-get install --no-install-recommends chromium fonts-wqy-microhei fontconfig"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing chromium and a Chinese font for the browser tests ..."
        local log
        log=$(mktemp)
        if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive $command -y -qq; } >"$log" 2>&1; then
            rm -f "$log"
            return
        fi
        tail -3 "$log" >&2
    fi
    echo "Browser tests need chromium and a Chinese font; without them they are skipped. To have them: sudo $command" >&2
}

main
