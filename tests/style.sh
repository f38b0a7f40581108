#!/bin/sh
# style.sh - the house rules that a machine can check. Prints TAP; run it from the top folder.
# The reasons stand in CONTRIBUTING.md, "How it fits together".
set -u
cd "$(dirname "$0")/.." || exit 2

C=$(find protocol agent lsp -name '*.c' | sort)
H=$(find protocol agent lsp -name '*.h' | sort)
ALL="$C $H"
result=$(mktemp)
trap 'rm -f "$result"' EXIT

report() # NAME; what is wrong comes on stdin, nothing if all is well
{
	found=$(cat)
	if [ -z "$found" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		printf '%s\n' "$found" | head -n 40 | sed 's/^/# /'
	fi >>"$result"
}

# Code without comments and without the text of strings, as FILE:LINE:CODE.
# shellcheck disable=SC2086
code=$(awk '
	FNR == 1 { inside = 0 }
	{
		line = $0; out = ""
		if (!inside && line ~ /^#include/) { print FILENAME ":" FNR ":" line; next }
		while (line != "") {
			if (inside) {
				if (!(i = index(line, "*/"))) { line = ""; break }
				line = substr(line, i + 2); inside = 0; continue
			}
			c = substr(line, 1, 1); two = substr(line, 1, 2)
			if (two == "/*") { inside = 1; line = substr(line, 3); continue }
			if (two == "//") break
			if (c == "\"") {
				match(line, /^"([^"\\]|\\.)*"?/); out = out "\"\""; line = substr(line, RLENGTH + 1); continue
			}
			if (c == "\047" && match(line, /^\047([^\047\\]|\\.)+\047/)) {
				out = out "\047\047"; line = substr(line, RLENGTH + 1); continue
			}
			out = out c; line = substr(line, 2)
		}
		if (out ~ /[^ \t]/) print FILENAME ":" FNR ":" out
	}' $ALL)

grep_code() { printf '%s\n' "$code" | grep -E "$@"; }
call='(^|[^A-Za-z0-9_>.])'

{
	grep_code '^protocol/[^:]*:[0-9]+:#include "(agent|lsp)/'
	grep_code '^agent/[^:]*:[0-9]+:#include "lsp/'
	grep_code '^lsp/editor/[^:]*:[0-9]+:#include "lsp/' | grep -v '#include "lsp/editor/'
} | report 'layers: a folder includes only from its left (protocol <- agent <- lsp)'

# Inside agent/ too, so that a room can be read, tested and trusted without the rooms above it. The headers
# at the root of agent/ (host.h, event.h) are vocabulary: every folder may include them.
order='base secret store edit policy budget config model sandbox worker runner net workspace change exec tool session peers mcp serve fleet cli'
printf '%s\n' "$code" | awk -v order="$order" '
	BEGIN { n = split(order, names, " "); for (i = 1; i <= n; i++) rank[names[i]] = i }
	match($0, /#include "agent\/[a-z_]+\//) {
		to = substr($0, RSTART + 16, RLENGTH - 17)
		split($0, part, "/")
		if (part[1] != "agent") next
		from = part[2]
		if (from ~ /:/) { # a header at the root of agent/ stands on base and edit
			if (rank[to] > rank["edit"]) print $0
			next
		}
		if (!(from in rank)) { print "agent/" from " has no place in the order of tests/style.sh"; next }
		if (!(to in rank) || rank[to] > rank[from]) print $0
	}' | sort -u | report "order: inside agent/ a folder includes only from its left ($order)"

# What runs inside the walls knows nothing of the server: neither keys, nor sessions, nor the network.
grep_code '^agent/(sandbox|worker)/[^:]*:[0-9]+:#include "agent/' |
	grep -v -E '#include "agent/(base|edit|policy|sandbox|worker)/' |
	grep -v -E '#include "agent/store/store_path.h"' |
	report 'trust: the worker and the sandbox include nothing of the server'

find agent -type d | while read -r folder; do
	n=$(find "$folder" -maxdepth 1 -name '*.[ch]' | wc -l)
	[ "$n" -le 50 ] || echo "$folder holds $n files: make rooms of it"
done | report 'no folder of agent/ has more than 50 files'

grep_code '^protocol/[^:]*:[0-9]+:#include <(uv|unistd|fcntl|poll|sys/.*|dirent|netdb)\.h>' |
	report 'protocol/ is pure: no libuv, no files, no system calls'

printf '%s\n' "$code" | sed -n 's/^\([^:]*:[0-9]*\):#include "\(.*\)"/\1 \2/p' | while read -r at path; do
	[ -f "$path" ] || echo "$at: \"$path\" is not a path from the top folder"
done | report 'includes are paths from the top folder'

# A library and the folders that may include it.
while read -r header folders; do
	grep_code ":#include <${header}[^>]*>" | grep -v -E "^($folders)/"
done <<-'END' | report 'a library is included by its own folder only'
	jsmn\.h protocol/json
	curl/ agent/model
	nettle/ agent/base
	mbedtls/ agent/base
	sqlite3\.h agent/store
	git2 agent/base|agent/edit|agent/worker
	seccomp\.h agent/sandbox
	linux/seccomp\.h agent/sandbox
	linux/landlock\.h agent/sandbox
	pcre2\.h agent/worker|agent/policy|agent/tool
	md4c\.h agent/cli
	microhttpd\.h agent/serve
	postgresql/ agent/fleet
END

# shellcheck disable=SC2086
awk '
	FNR == 1 { seen = 0 }
	!seen && match($0, /^#include ["<][^">]*/) {
		seen = 1; first = substr($0, RSTART + 10, RLENGTH - 10); own = FILENAME; sub(/\.c$/, ".h", own)
		if (first != own) print FILENAME, own, first
	}' $C | while read -r f own first; do
	[ -f "$own" ] || continue
	# Or an inner header of its folder that includes it.
	{ [ "${first%/*}" = "${f%/*}" ] && grep -q "^#include \"$own\"" "$first"; } ||
		echo "$f: the first include is $first, not \"$own\""
done | report 'a source includes its own header first'

grep_code "$call(strcpy|strcat|stpcpy|sprintf|vsprintf|strtok|strtok_r|atoi|atol|atoll|atof|gets|system|popen|alloca|strncat|strncpy|mktemp|tmpnam|asctime|ctime|localtime|gmtime|setjmp|longjmp|signal) *\(" |
	grep -v -E 'signal\([^,]*, SIG_(IGN|DFL)\)' | report 'no banned function'

{
	grep_code "$call(printf|puts|putchar|vprintf) *\(" | grep -v '^agent/cli/'
	grep_code "[^A-Za-z0-9_]stdout[^A-Za-z0-9_]|STDOUT_FILENO" | grep -v -e '^agent/cli/' -e 'dup2('
} | report 'only agent/cli writes to stdout'

{
	grep_code "${call}uv_default_loop *\("
	grep_code "${call}uv_run *\(" | grep -v -E '^(lsp|agent/cli|agent/worker)/'
	# One call for each program: the language server, the terminal, the runner.
	for folder in lsp agent/cli agent/worker; do
		calls=$(grep_code "^$folder/.*${call}uv_run *\(" | grep -c .)
		[ "$calls" -le 1 ] || grep_code "^$folder/.*${call}uv_run *\("
	done
} | report 'uv_run is called once in each program'

# The terminal's commands that only read the ledger have no loop to hold.
{
	grep_code "${call}(fsync|fdatasync|syncfs|sync) *\(" | grep -v -E '^agent/(store|worker)/'
	grep_code "${call}ledger_(reserve|settle|task|tasks|costs|spent_today) *\(" | grep -v -E '^agent/(store|cli)/'
} | report 'the disk and SQLite are waited for in agent/store and in the worker only'

grep_code ':[ 	]*typedef (struct|enum|union)' | grep -v '(' | report 'no typedef of a struct, union or enum'

# shellcheck disable=SC2086
awk 'FNR > 500 && !seen[FILENAME]++ { print FILENAME ": more than 500 lines" }' $ALL |
	report 'no file has more than 500 lines'

# shellcheck disable=SC2086
awk '/^\{/ { start = FNR } /^\}/ && start { if (FNR - start + 1 > 80) print FILENAME ":" start ": a function of " \
	FNR - start + 1 " lines"; start = 0 }' $C | report 'no function has more than 80 lines'

# Comments and texts that one wants to find with grep may have a few more. `make format` does the rest.
# shellcheck disable=SC2086
awk '{
		max = /^[ \t]*(\*|\/\*)|\/\*.*\*\/$|"/ ? 128 : 100
		columns = length($0)
		if (columns * 8 > max && index($0, "\t")) {
			n = split($0, part, "\t"); columns = 0
			for (i = 1; i < n; i++) columns = int((columns + length(part[i])) / 8) * 8 + 8
			columns += length(part[n])
		}
		if (columns > max) print FILENAME ":" FNR ": " columns " columns"
	}' $ALL |
	report 'no line of code has more than 100 columns, no other more than 128'

# shellcheck disable=SC2086
grep -n -E '[ 	]+$' $ALL | report 'no white space at the end of a line'
# shellcheck disable=SC2086
grep -n -w -E 'TODO|FIXME|XXX|HACK' $ALL | report 'nothing is left to be done'
# shellcheck disable=SC2086
awk 'FNR == 1 && !/^\/\* / { print FILENAME ": no comment on top that says what the file is for" }' $ALL |
	report 'every file says on top what it is for'
# shellcheck disable=SC2086
grep -L '^#ifndef EMEND_.*_H$' $H | sed 's/$/: no include guard EMEND_..._H/' |
	report 'every header has its guard'

# A page, a picture or a source that a page names.
git ls-files '*.md' | while read -r page; do
	grep -o -E '\]\([^)#]+' "$page" | sed 's/^](//' | grep -v -E '^(https?|mailto):' | while read -r to; do
		[ -e "$(dirname "$page")/$to" ] || echo "$page: $to does not exist"
	done
done | report 'every link in a page leads somewhere'

printf '%s\n' "$code" | awk '
	/^protocol\/base\/limits.h:/ {
		if (match($0, /:\tLIMIT_[A-Z0-9_]*/)) limit[substr($0, RSTART + 2, RLENGTH - 2)] = 1
		next
	}
	{
		for (rest = $0; match(rest, /LIMIT_[A-Z0-9_]+/); rest = substr(rest, RSTART + RLENGTH))
			used[substr(rest, RSTART, RLENGTH)] = 1
	}
	END { for (name in limit) if (!(name in used)) print name " is not used" }' |
	report 'every limit is enforced somewhere'

# What can change at run time and lives outside every struct, as the compiler sees it.
lib=${BUILD:-build}/libemend.a
if [ -f "$lib" ]; then
	objdump -t "$lib" 2>/dev/null | awk '
		/file format/ { file = $1; sub(/:$/, "", file) }
		$0 ~ / O / || $0 ~ /\*COM\*/ {
			for (i = 1; i <= NF; i++)
				if ($i ~ /^(\.data|\.bss|\.tbss|\.tdata|\*COM\*)$/ || $i ~ /^\.(data|bss)\.[^r]/)
					print file ": " $NF
		}' | grep -v -e '^log\.o: ' -e '^git_lib\.o: ' -e '^sqlite_lib\.o: ' -e '__asan' -e '__ubsan' -e '\.LASAN' |
		report 'no global variables but the log sink, and libgit2 and SQLite, which are loaded once'
else
	echo "ok - no global variables but the log sink, and libgit2 and SQLite, which are loaded once # SKIP $lib is not built" >>"$result"
fi

awk '/^(not )?ok/ { sub(/ok/, "ok " ++n) } { print } END { print "1.." n }' "$result"
! grep -q '^not ok' "$result"
