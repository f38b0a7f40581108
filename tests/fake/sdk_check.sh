#!/bin/sh
# sdk_check.sh - the fake provider, checked with the vendor's own SDK: what the SDK sends is accepted, what
# the fake answers is understood. TAP on stdout. The SDK is installed into a cache outside of the repository.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cache=${EMEND_CACHE:-$HOME/.cache/emend-tests}/anthropic-sdk
sdk=@anthropic-ai/sdk

skip() {
	echo "1..1"
	echo "ok 1 - fake provider against $sdk # SKIP $1"
	exit 0
}

command -v node >/dev/null 2>&1 || skip "node is not installed"
command -v npm >/dev/null 2>&1 || skip "npm is not installed"
command -v python3 >/dev/null 2>&1 || skip "python3 is not installed"
if [ ! -d "$cache/node_modules/$sdk" ]; then
	mkdir -p "$cache" || skip "$cache cannot be made"
	npm install --prefix "$cache" --no-audit --no-fund --loglevel=error "$sdk" >"$cache/install.log" 2>&1 ||
		skip "npm cannot install $sdk (see $cache/install.log)"
fi

work=$(mktemp -d) || exit 1
pid=
trap 'test -n "$pid" && kill "$pid" 2>/dev/null; rm -rf "$work"' EXIT
mkfifo "$work/port"
python3 "$here/provider.py" --scenario "$here/sdk_check/scenario.json" --log "$work/log" --strict-prefix \
	>"$work/port" 2>"$work/stderr" &
pid=$!
read -r port <"$work/port"
SDK_ROOT="$cache/node_modules/$sdk" FAKE_URL="http://127.0.0.1:$port" node "$here/sdk_check/check.mjs"
