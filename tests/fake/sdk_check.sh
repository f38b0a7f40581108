#!/bin/sh
# sdk_check.sh NAME - the fake provider, checked with a vendor's own SDK: what the SDK sends is accepted, what the
# fake answers is understood. TAP on stdout. The SDK is installed into a cache outside of the repository.
set -u
here=$(cd "$(dirname "$0")" && pwd)
case ${1:-} in
anthropic) sdk=@anthropic-ai/sdk dialects=anthropic ;;
openai) sdk=openai dialects="responses chat" ;;
google) sdk=@google/genai dialects=gemini ;;
*) echo "usage: sdk_check.sh anthropic|openai|google" >&2; exit 2 ;;
esac
cache=${EMEND_CACHE:-$HOME/.cache/emend-tests}/$1-sdk

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
pids=
# shellcheck disable=SC2086
trap 'test -n "$pids" && kill $pids 2>/dev/null; rm -rf "$work"' EXIT
for dialect in $dialects; do
	mkfifo "$work/port"
	python3 "$here/provider.py" --scenario "$here/sdk_check/$dialect.json" --log "$work/$dialect.log" --strict-prefix \
		--dialect "$dialect" >"$work/port" 2>"$work/$dialect.stderr" &
	pids="$pids $!"
	read -r port <"$work/port"
	rm "$work/port"
	eval "FAKE_$(echo "$dialect" | tr a-z A-Z)=http://127.0.0.1:$port"
done
export FAKE_ANTHROPIC FAKE_RESPONSES FAKE_CHAT FAKE_GEMINI 2>/dev/null
SDK_ROOT=$cache node "$here/sdk_check/$1.mjs"
