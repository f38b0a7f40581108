# Emend. GNU make, one file. `make help` lists the targets.
#
# Knobs, all overridable: CC, CFLAGS, CPPFLAGS, LDFLAGS (yours come last, after what Emend needs),
# BUILD (where objects go), PREFIX, DESTDIR, WERROR=1, SAN=address,undefined (a build of its own in
# build-san), RUN (what runs a program of CC here, as qemu-aarch64 does, when building for another
# machine), and one *_LIBS variable a library for systems whose pkg-config does not know it.

VERSION := $(shell sed -n 's/^.define EMEND_VERSION "\(.*\)"/\1/p' protocol/base/version.h)

SAN ?=
BUILD ?= build$(if $(SAN),-san)
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
ZSHDIR ?= $(DATADIR)/zsh/site-functions
PKG_CONFIG ?= pkg-config
CLANG_TIDY ?= clang-tidy
CPPCHECK ?= cppcheck
CFLAGS ?= -O2 -g

# Use all cores unless -j was typed.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += --jobs=$(shell nproc 2>/dev/null || echo 2)
endif
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
SHELL := /bin/sh

# --- what there is to build: found, not listed ---------------------------------------------------

SRC := $(sort $(shell find protocol agent lsp -name '*.c' 2>/dev/null))
LIB_SRC := $(filter-out lsp/main.c,$(SRC))
TEST_SRC := $(sort $(shell find tests/unit -name 'test_*.c' 2>/dev/null))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
HELP_SRC := $(sort $(wildcard tests/model/*.c tests/escape/*.c tests/fault/*.c tests/session/*.c))

# Prompts, and what the model is told of tools, are text files; .ci/embed makes C of each folder of them.
PROMPTS := $(sort $(wildcard agent/session/prompt/*.txt))
SCHEMAS := $(sort $(wildcard agent/tool/schema/* agent/mcp/tools/* agent/exec/check/*))
EMBEDDED := $(BUILD)/embed/prompts.c $(BUILD)/embed/schemas.c
# System call filters, made from their rules by a program that needs libseccomp; Emend itself does not.
FILTERS := $(BUILD)/embed/filters

LIB := $(BUILD)/libemend.a
OBJ := $(SRC:%.c=$(BUILD)/%.o)
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o) $(EMBEDDED:%.c=%.o) $(FILTERS).o
TESTS := $(TEST_SRC:%.c=$(BUILD)/%)
FUZZERS := $(FUZZ_SRC:%.c=$(BUILD)/%)
HELPERS := $(HELP_SRC:%.c=$(BUILD)/%)

# --- flags. Probed once, when first needed: `make deps` and `make help` work without a compiler ----

once = $(eval $(1) := $(2))$($(1))
try = $(shell $(CC) -Werror $(1) -x c -c /dev/null -o /dev/null >/dev/null 2>&1 && echo '$(1)')
pkg = $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null || echo '$(3)')

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla \
	-Wundef -Wformat=2 -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference -Wdate-time
WARN_MORE = $(call once,WARN_MORE,$(call try,-Wlogical-op) $(call try,-Wduplicated-cond) \
	$(call try,-Wtrampolines) $(call try,-Wstack-usage=131072) $(call try,-Wcomma) $(call try,-Wno-format-truncation))

HARDEN_CC = $(call once,HARDEN_CC,-fstack-protector-strong -fno-common -fvisibility=hidden \
	-fno-delete-null-pointer-checks $(call try,-fstack-clash-protection) $(call try,-fcf-protection) \
	$(call try,-ftrivial-auto-var-init=zero) $(call try,-fstrict-flex-arrays=3) \
	$(if $(SAN)$(filter -O0,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3))
HARDEN_LD := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
SAN_FLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)

# SQLite, libcurl, libgit2, libmicrohttpd and libpq are loaded when first used, so only their headers are needed here.
# Tests look into the ledger with SQLite itself.
UV_LIBS ?= $(call pkg,--libs,libuv,-luv)
SQLITE_LIBS ?= $(call pkg,--libs,sqlite3,-lsqlite3)
SECCOMP_LIBS ?= $(call pkg,--libs,libseccomp,-lseccomp)
PCRE2_LIBS ?= $(call pkg,--libs,libpcre2-8,-lpcre2-8)
# From the archive: of its 581 functions six are used, and to bind the shared one costs each process 0.2 ms at its start.
MBEDTLS_LIBS ?= -l:libmbedcrypto.a
NETTLE_LIBS ?= $(call pkg,--libs,nettle,-lnettle)
MD4C_LIBS ?= $(call pkg,--libs,md4c,-lmd4c)
CMOCKA_LIBS ?= $(call pkg,--libs,cmocka,-lcmocka)
LIBS = $(call once,LIBS,$(UV_LIBS) $(NETTLE_LIBS) $(MBEDTLS_LIBS) $(PCRE2_LIBS) $(MD4C_LIBS) \
	-ldl -lpthread -lm)
LIB_CFLAGS = $(call once,LIB_CFLAGS,$(call pkg,--cflags,libuv sqlite3 libseccomp libpcre2-8 libcurl libgit2 md4c libmicrohttpd,))

ALL_CPPFLAGS = -D_GNU_SOURCE -I. $(LIB_CFLAGS) $(CPPFLAGS)
ALL_CFLAGS = -std=c11 -fPIE $(WARN) $(WARN_MORE) $(if $(WERROR),-Werror) $(HARDEN_CC) $(SAN_FLAGS) $(CFLAGS)
ALL_LDFLAGS = $(HARDEN_LD) $(SAN_FLAGS) $(LDFLAGS)

# --- build ---------------------------------------------------------------------------------------

all: $(BUILD)/emend ## build the program (build/emend)

$(BUILD)/emend: $(BUILD)/lsp/main.o $(LIB)
	$(call say,link,$@)
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# q, not r: two folders may each have a source of the same name.
$(LIB): $(LIB_OBJ)
	$(call say,archive,$@)
	@rm -f $@
	@$(AR) qcs $@ $^

$(BUILD)/%.o: %.c $(BUILD)/flags | need-build
	@mkdir -p $(@D)
	$(call say,compile,$<)
	@$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/embed/prompts.c: $(PROMPTS)
$(BUILD)/embed/schemas.c: $(SCHEMAS)
$(EMBEDDED): .ci/embed
	@mkdir -p $(@D)
	@.ci/embed embed_$(basename $(@F)) $(filter-out .ci/embed,$^) >$@
$(FILTERS).c: $(FILTERS)
	@$(RUN) $< >$@
$(FILTERS): .ci/filters.c $(BUILD)/agent/sandbox/seccomp_rules.o
	@mkdir -p $(@D)
	$(call say,link,$@)
	@$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(SECCOMP_LIBS)
$(EMBEDDED:%.c=%.o) $(FILTERS).o: %.o: %.c $(BUILD)/flags | need-build
	$(call say,compile,$<)
	@$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Preloaded into the program by tests.
PRELOADED := $(patsubst %.c,$(BUILD)/%.so,$(wildcard tests/fault/preload/*.c))

# The program once more, with a code action of tests/actions/ added: one row and one prompt must be all it takes.
EXTRA := $(BUILD)/tests/actions/emend
$(EXTRA): $(LIB) $(BUILD)/lsp/main.o tests/actions/actions.def tests/actions/shorten.txt
	@mkdir -p $(@D)
	@.ci/embed embed_prompts $(PROMPTS) tests/actions/shorten.txt >$(@D)/prompts.c
	$(call say,link,$@)
	@$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -DCODE_ACTIONS_DEF='"tests/actions/actions.def"' $(ALL_LDFLAGS) -o $@ \
		agent/session/code_action.c $(@D)/prompts.c $(BUILD)/lsp/main.o $(LIB) $(LIBS)

$(TESTS): $(BUILD)/%: $(BUILD)/%.o $(LIB)
	$(call say,link,$@)
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(SECCOMP_LIBS) $(SQLITE_LIBS) $(CMOCKA_LIBS)

$(TESTS:%=%.o): | need-check

# Programs that suites of tests/ drive, each of one source.
$(HELPERS): $(BUILD)/%: $(BUILD)/%.o $(LIB)
	$(call say,link,$@)
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# Rebuild what was compiled with other flags.
$(BUILD)/flags: FORCE | need-build
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS" | cmp -s - $@ || printf '%s\n' "$$FLAGS" >$@
$(BUILD)/flags: export FLAGS = $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS)

say = @printf '  %-8s %s\n' $(1) $(2)

-include $(shell find $(BUILD) -type f -name '*.d' 2>/dev/null)

# --- what the system must have -------------------------------------------------------------------

deps: ## install everything that building, testing and checking need (apt; root or sudo)
	@.ci/deps install build demo check lint

# make all only names what is missing; the targets that promise to work from nothing install it.
need-build:
	@.ci/deps $(if $(filter demo check check-quick check-heavy,$(MAKECMDGOALS)),install,need) build
need-check: need-build
	@.ci/deps $(if $(filter check check-quick check-heavy,$(MAKECMDGOALS)),install,need) check
need-heavy: need-check
	@.ci/deps install heavy || echo 'The suites of what is missing will be skipped.'
need-demo: need-build
	@.ci/deps install demo

# --- tests ---------------------------------------------------------------------------------------

tests-built: $(BUILD)/emend $(TESTS) $(HELPERS) $(EXTRA) $(PRELOADED)

fuzz-built: $(FUZZERS)

check: need-check tests-built fuzz-built ## every test, then the main ones again under ASan and UBSan
	@$(MAKE) --no-print-directory BUILD=$(BUILD)-san SAN=address,undefined tests-built
	@BUILD=$(BUILD) SAN_BUILD=$(BUILD)-san tests/run all

check-quick: need-check tests-built fuzz-built ## style, unit tests and stored fuzz inputs, in seconds
	@BUILD=$(BUILD) tests/run quick

check-heavy: need-heavy $(BUILD)/emend $(HELPERS) ## slow checks against foreign programs (kept in ~/.cache/emend-tests)
	@BUILD=$(BUILD) tests/run heavy

# The stored inputs run in `make check` through a plain main(); `make fuzz` looks for new ones.
ifeq ($(findstring fuzzer,$(SAN)),)
$(FUZZERS): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/tests/fuzz/replay.o $(LIB)
	$(call say,link,$@)
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
else
$(FUZZERS): $(BUILD)/%: $(BUILD)/%.o $(LIB)
	$(call say,link,$@)
	@$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)
endif

FUZZ_SECONDS ?= 60
PROPERTIES := $(BUILD)/tests/unit/agent/change/test_typing
fuzz: $(PROPERTIES) ## look for new crashes with libFuzzer, and at random cases, FUZZ_SECONDS=60 a target (needs clang)
	@.ci/deps need lint
	@$(MAKE) --no-print-directory BUILD=build-fuzz CC=clang SAN=fuzzer-no-link,address,undefined fuzz-built
	@BUILD=$(BUILD) tests/run fuzz $(FUZZ_SECONDS)

# Not heeded of cppcheck: its advice for readdir_r (deprecated) and getpwuid_r (one thread), what it cannot parse,
# and what it guesses of callers and of handles that are kept in structs.
lint: ## clang-tidy and cppcheck, file by file
	@.ci/deps need build lint
	@mkdir -p $(BUILD)
	@printf '%s\n' $(SRC) | xargs -P $(shell nproc 2>/dev/null || echo 2) -I{} \
		$(CLANG_TIDY) --quiet --warnings-as-errors='*' {} -- -std=c11 $(ALL_CPPFLAGS) 2>&1 | \
		grep -v -e 'warnings\{0,1\} generated' -e '^Suppressed ' -e '^Use -header-filter' >$(LINT_OUT) || true
	@cat $(LINT_OUT)
	@! grep -q -e 'error:' $(LINT_OUT)
	@$(CPPCHECK) --quiet --std=c11 --error-exitcode=1 --inline-suppr --library=posix \
		--enable=warning,performance,portability --suppress=missingIncludeSystem \
		--suppress=readdirCalled --suppress=getpwuidCalled --suppress=internalAstError \
		--suppress=ctunullpointer --suppress=ctuuninitvar --suppress=resourceLeak \
		-D_GNU_SOURCE -I. protocol agent lsp
	@shellcheck .ci/deb-script .ci/deps .ci/run .ci/vsix tests/style.sh tests/demo/run
	@echo 'lint: clean'
LINT_OUT = $(BUILD)/lint.txt

format: ## rewrite the C sources by .clang-format
	@find protocol agent lsp tests -name '*.[ch]' -print0 | xargs -0 clang-format -i

# --- seeing it work ------------------------------------------------------------------------------

demo: need-demo $(BUILD)/emend ## the main job in a minute, without any key
	@EMEND=$(abspath $(BUILD))/emend tests/demo/run

pictures: need-demo $(BUILD)/emend ## make those of docs/ again, from the real programs (needs python3-pyte and the editors)
	@EMEND=$(abspath $(BUILD))/emend tests/demo/pictures

bench: $(BUILD)/emend $(BUILD)/tests/bench/floor $(BUILD)/tests/bench/slow_sync.so $(BUILD)/tests/escape/client ## measure against floors: latency, memory, sandbox, loop
	@EMEND=$(abspath $(BUILD))/emend FLOOR=$(abspath $(BUILD))/tests/bench/floor \
		SLOW_SYNC=$(abspath $(BUILD))/tests/bench/slow_sync.so \
		CLIENT=$(abspath $(BUILD))/tests/escape/client python3 -B tests/bench/bench.py

bench-agents: $(BUILD)/emend ## measure beside other agents, whose programs are in the folder AGENTS (claude, codex, opencode)
	@EMEND=$(abspath $(BUILD))/emend python3 -B tests/bench/agents.py "$(AGENTS)"

$(BUILD)/tests/bench/floor: $(BUILD)/tests/bench/floor.o
	@$(CC) $(ALL_LDFLAGS) -o $@ $^

$(BUILD)/tests/%.so: tests/%.c
	@mkdir -p $(@D)
	@$(CC) -D_GNU_SOURCE $(WARN) -O2 -fPIC -shared -o $@ $< -ldl

vscode-settings: $(BUILD)/emend ## make the settings of the VS Code extension again, from those of the program
	@.ci/vscode-settings $(BUILD)/emend

vsix: ## build the VS Code extension (build/emend.vsix; needs Node.js and npm)
	@.ci/vsix $(BUILD)

# --- install and pack ----------------------------------------------------------------------------

install: $(BUILD)/emend ## install below DESTDIR and PREFIX (/usr/local)
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(DATADIR)/doc/emend $(DESTDIR)$(DATADIR)/emend
	install -m755 $(BUILD)/emend $(DESTDIR)$(BINDIR)/emend
	install -d $(DESTDIR)$(DATADIR)/doc/emend/docs
	install -m644 LICENSE $(wildcard *.md) $(DESTDIR)$(DATADIR)/doc/emend/
	install -m644 $(filter-out docs/emend.apparmor docs/deploy,$(wildcard docs/*)) $(DESTDIR)$(DATADIR)/doc/emend/docs/
	@find docs/deploy -type f | while read -r f; do install -D -m644 "$$f" "$(DESTDIR)$(DATADIR)/doc/emend/$$f"; done
	install -m644 docs/emend.apparmor $(DESTDIR)$(DATADIR)/emend/emend.apparmor
	install -d $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(DATADIR)/bash-completion/completions \
		$(DESTDIR)$(ZSHDIR) $(DESTDIR)$(DATADIR)/fish/vendor_completions.d
	umask 022 && $(BUILD)/emend generate man >$(DESTDIR)$(MANDIR)/man1/emend.1
	umask 022 && $(BUILD)/emend generate bash >$(DESTDIR)$(DATADIR)/bash-completion/completions/emend
	umask 022 && $(BUILD)/emend generate zsh >$(DESTDIR)$(ZSHDIR)/_emend
	umask 022 && $(BUILD)/emend generate fish >$(DESTDIR)$(DATADIR)/fish/vendor_completions.d/emend.fish
	cd editors && find neovim emacs vscode/README.md -type f | \
		while read -r f; do install -D -m644 "$$f" "$(DESTDIR)$(DATADIR)/emend/$$f"; done
	@if [ -e $(BUILD)/emend.vsix ]; then install -m644 $(BUILD)/emend.vsix $(DESTDIR)$(DATADIR)/emend/vscode/; \
		else echo 'The VS Code extension is not built, so it is not installed: `make vsix` builds it.'; fi

uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(BINDIR)/emend
	rm -rf $(DESTDIR)$(DATADIR)/doc/emend $(DESTDIR)$(DATADIR)/emend
	rm -f $(DESTDIR)$(MANDIR)/man1/emend.1 $(DESTDIR)$(ZSHDIR)/_emend \
		$(DESTDIR)$(DATADIR)/bash-completion/completions/emend $(DESTDIR)$(DATADIR)/fish/vendor_completions.d/emend.fish

# The package depends on the libraries that the binary is linked with, and on SQLite, libcurl and libgit2 by
# way of a small program that is linked with them: dpkg-shlibdeps then names them for this release.
DEB_ARCH = $(call once,DEB_ARCH,$(shell dpkg --print-architecture))
DEB_BY = $(or $(DEBFULLNAME),Emend developers) <$(or $(DEBEMAIL),emend@emend.invalid)>
DEB = $(BUILD)/emend_$(VERSION)_$(DEB_ARCH).deb
deb: $(BUILD)/emend ## build a Debian package
	@.ci/deps need deb
	@rm -rf $(BUILD)/deb
	@$(MAKE) --no-print-directory -s install DESTDIR=$(abspath $(BUILD))/deb/root PREFIX=/usr BUILD=$(BUILD) \
		ZSHDIR=/usr/share/zsh/vendor-completions
	@umask 022 && cd $(BUILD)/deb/root/usr/share && gzip -9n man/man1/emend.1 && cd doc/emend && rm LICENSE && \
		printf 'emend (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- %s  %s\n' '$(VERSION)' '$(DEB_BY)' \
		"$$(date -R -d @$${SOURCE_DATE_EPOCH:-$$(date +%s)})" | gzip -9n >changelog.gz
	@umask 022 && printf '%s\n' 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/' 'Upstream-Name: emend' '' \
		'Files: *' 'Copyright: 2026 Emend developers' 'License: Apache-2.0' \
		' On Debian systems, the full text of the Apache License version 2.0 is in' \
		' /usr/share/common-licenses/Apache-2.0.' >$(BUILD)/deb/root/usr/share/doc/emend/copyright
	@# sensible-editor stands in the list of programs that want a terminal, which are refused: it is never started.
	@umask 022 && mkdir -p $(BUILD)/deb/root/usr/share/lintian/overrides && \
		echo 'emend: missing-depends-on-sensible-utils *' >$(BUILD)/deb/root/usr/share/lintian/overrides/emend
	@strip --strip-unneeded $(BUILD)/deb/root/usr/bin/emend
	@mkdir -p $(BUILD)/deb/debian $(BUILD)/deb/root/DEBIAN
	@for f in postinst postrm; do install -m755 .ci/deb-script $(BUILD)/deb/root/DEBIAN/$$f; done
	@printf 'Source: emend\n\nPackage: emend\nArchitecture: any\n' >$(BUILD)/deb/debian/control
	@echo 'int main(void) { return 0; }' | $(CC) -x c - -o $(BUILD)/deb/lazy -Wl,--no-as-needed -lsqlite3 -lcurl -lgit2
	@cd $(BUILD)/deb && { dpkg-shlibdeps --warnings=0 -O -eroot/usr/bin/emend -elazy >shlibs 2>warnings || \
		{ cat warnings >&2; exit 1; }; } && sed 's/^shlibs:Depends=//' shlibs >depends
	@umask 022 && { echo 'Package: emend'; echo 'Version: $(VERSION)'; echo 'Architecture: $(DEB_ARCH)'; \
		echo 'Maintainer: $(DEB_BY)'; echo 'Section: devel'; echo 'Priority: optional'; \
		echo "Installed-Size: $$(du -sk $(BUILD)/deb/root | cut -f1)"; \
		echo "Depends: $$(cat $(BUILD)/deb/depends)"; echo 'Recommends: git, ca-certificates'; echo 'Suggests: libmicrohttpd12 | libmicrohttpd12t64, libpq5'; \
		echo 'Description: AI code actions and sandboxed agent tasks for any editor'; \
		echo ' A language server, and a terminal program, that edits code through the'; \
		echo ' buffers of the editor and runs commands in a sandbox.'; } >$(BUILD)/deb/root/DEBIAN/control
	@dpkg-deb --root-owner-group --build $(BUILD)/deb/root $(DEB)

dist: ## pack the committed sources
	@mkdir -p $(BUILD)
	git archive --prefix=emend-$(VERSION)/ HEAD | gzip -n >$(BUILD)/emend-$(VERSION).tar.gz

clean: ## remove everything that was built
	rm -rf build build-san build-fuzz $(BUILD) $(BUILD)-san

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 16

FORCE:
.PHONY: all deps need-build need-check need-heavy need-demo tests-built fuzz-built check check-quick check-heavy fuzz pictures \
	lint format demo vsix vscode-settings bench bench-agents install uninstall deb dist clean help FORCE
