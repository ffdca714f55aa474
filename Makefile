# Gotthard's build. `make help` lists the verbs.
#
# Sources are discovered, never listed:
#   src/*/*.cc                  libgotthard.a (all but src/server/main.cc)
#   src/server/main.cc          build/<flavour>/gotthard-server
#   benchmark/*.cc              build/<flavour>/gotthard-benchmark
#   benchmark/micro/*.cc        build/<flavour>/gotthard-micro (Catch2 BENCHMARK)
#   benchmark/responder/*.cc    build/<flavour>/gotthard-responder
#   tests/unit/<folder>/*.cc    build/<flavour>/tests/unit_<folder>
#   tests/commands/*.cc         build/<flavour>/tests/commands
#   tests/system/*.cc           build/<flavour>/tests/system
#   tests/regress/*.cc          build/<flavour>/tests/regress, with the harnesses of the two above
#   tests/fuzz/NAME_fuzz.cc     build/fuzz/NAME (with all else there and tests/commands/engine.cc)
#
# Flavours, each with a directory of its own under build/:
#   release  -O3 with link-time optimisation, what users run
#   pgo      the same, guided by a profile of a training run (make pgo)
#   debug    -O1 with asserts, what `make test` tests
#   asan     address and undefined-behaviour sanitizers     tsan   thread sanitizer
#   fuzz     clang: libFuzzer with address and undefined-behaviour sanitizers
FLAVOUR   ?= debug
BUILD     := build/$(FLAVOUR)
OBJ       := $(BUILD)/obj
# At recipe time only: a -j given by the user counts, else all cores are used.
PARALLEL   = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
SUBMAKE    = $(MAKE) --no-print-directory $(PARALLEL)

# Recipes say what they make; V=1 shows the commands, `make -s` nothing.
Q         := $(if $(V),,@)
SAY        = @$(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),:,printf '  %-5s %s\n')

CXX_fuzz  := clang++
ifneq ($(CXX_$(FLAVOUR)),)
CXX       := $(CXX_$(FLAVOUR))
else ifeq ($(origin CXX),default)
CXX       := g++
endif
CLANGXX   ?= clang++
# Debian's, which sees the packages of deps/, whatever else is first on PATH.
PYTHON    ?= /usr/bin/python3
CCACHE    ?= $(shell command -v ccache 2>/dev/null)
# A profile is an input that a cache does not see.
CCACHE_pgo := env

# x86-64-v2 (SSE4.2, 2009 and later) so that one binary runs everywhere.
ARCH      := $(shell uname -m)
MARCH     := $(if $(filter x86_64,$(ARCH)),-march=x86-64-v2)
WARN      := -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers
BASE_FLAGS := -std=c++20 $(MARCH) $(WARN) -Isrc -pthread

CXXFLAGS_release := -O3 -g -flto=auto -DNDEBUG
# Compiled twice in the same place (PGO=train, then without), because the compiler looks for a
# profile where it writes the object. What the training did not run is optimised as without one.
CXXFLAGS_pgo     := $(CXXFLAGS_release) $(if $(filter train,$(PGO)),-fprofile-generate \
                    -fprofile-update=prefer-atomic,-fprofile-use -fprofile-correction \
                    -fprofile-partial-training -Wno-missing-profile)
CXXFLAGS_debug   := -O1 -g -D_GLIBCXX_ASSERTIONS
# Variable tracking is for debuggers; with a sanitizer it takes a third of the compile time.
CXXFLAGS_asan    := -O1 -g -fno-var-tracking -D_GLIBCXX_ASSERTIONS -fsanitize=address,undefined \
                    -fno-sanitize-recover=undefined -fno-omit-frame-pointer
CXXFLAGS_tsan    := -O1 -g -fno-var-tracking -fsanitize=thread
# Catch2's macros with both sanitizers compile three times as fast without optimisation.
TESTFLAGS_asan   := -O0
CXXFLAGS_fuzz    := -O1 -g -D_GLIBCXX_ASSERTIONS -fsanitize=fuzzer-no-link,address,undefined \
                    -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS_release  := -flto=auto -O3
LDFLAGS_pgo      := $(LDFLAGS_release) $(if $(filter train,$(PGO)),-fprofile-generate)
LDFLAGS_asan     := -fsanitize=address,undefined
LDFLAGS_tsan     := -fsanitize=thread
LDFLAGS_fuzz     := -fsanitize=address,undefined
# The sanitizers bring an allocator of their own.
LIBS_release     := -ljemalloc
LIBS_pgo         := -ljemalloc
LIBS_debug       := -ljemalloc

ALL_CXXFLAGS  = $(BASE_FLAGS) $(CXXFLAGS_$(FLAVOUR)) $(CXXFLAGS)
ALL_LDFLAGS   = -pthread -Wl,--as-needed $(LDFLAGS_$(FLAVOUR)) $(LDFLAGS)
LIBS         := -lxxhash -llzf -lboost_program_options -lssl -lcrypto -luring $(LIBS_$(FLAVOUR))
# An archive of LTO objects needs the compiler's own archiver.
ARCHIVER     := $(if $(findstring lto,$(CXXFLAGS_$(FLAVOUR))),gcc-ar,ar)

LIB_SRC   := $(filter-out src/server/main.cc,$(wildcard src/*/*.cc))
LIB_OBJ   := $(LIB_SRC:%.cc=$(OBJ)/%.o)
LIB       := $(BUILD)/libgotthard.a
objects    = $(patsubst %.cc,$(OBJ)/%.o,$(wildcard $(1)))
# The thread sanitizer has nothing to see in types/, which knows no threads (tests/run.py knows, too).
UNIT_DIRS := $(filter-out $(if $(filter tsan,$(FLAVOUR)),types), \
  $(sort $(patsubst tests/unit/%/,%,$(dir $(wildcard tests/unit/*/*_test.cc)))))
UNIT_BINS := $(UNIT_DIRS:%=$(BUILD)/tests/unit_%)
SUITES    := $(foreach s,commands system regress,$(if $(wildcard tests/$(s)/*_test.cc),$(s)))
TEST_BINS := $(UNIT_BINS) $(SUITES:%=$(BUILD)/tests/%)
SERVER    := $(if $(wildcard src/server/main.cc),$(BUILD)/gotthard-server)
BENCH     := $(if $(wildcard benchmark/*.cc),$(BUILD)/gotthard-benchmark)
RESPONDER := $(if $(wildcard benchmark/responder/*.cc),$(BUILD)/gotthard-responder)
MICRO     := $(if $(wildcard benchmark/micro/*.cc),$(BUILD)/gotthard-micro)
FUZZERS   := $(patsubst tests/fuzz/%_fuzz.cc,build/fuzz/%,$(wildcard tests/fuzz/*_fuzz.cc))

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
# A system prefix has its settings in /etc, a private one in itself.
SYSCONFDIR ?= $(if $(filter /usr /usr/local,$(PREFIX)),/etc,$(PREFIX)/etc)/gotthard
UNITDIR    ?= $(PREFIX)/lib/systemd/system
ARGS       ?=
FUZZ_SECONDS ?= 60

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test all debug asan tsan lint format fuzz bench bench-quick micro pgo conf install \
        clean check-aarch64 deps-build deps-test deps-bench FORCE

help:
	@echo 'make VERB, where VERB is one of'
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) \
	  | awk -F'\t' '{ printf "%-16s %s\n", $$1, $$2 }'
	@echo 'Binaries land in build/<flavour>/, the release ones in build/release/.'

## Verbs

run: deps-build ## build and start the server in the foreground: make run ARGS="--port 7000"
	+@$(SUBMAKE) FLAVOUR=release build/release/gotthard-server
	@exec build/release/gotthard-server conf/gotthard.conf $(ARGS)
test: deps-build deps-test ## build the debug flavour, run every test, print one total
	+@$(SUBMAKE) FLAVOUR=debug build/debug/.all build/debug/.tests
	@$(PYTHON) tests/run.py suite debug
all: ## the release binaries: -O3, link-time optimisation
	+@$(SUBMAKE) FLAVOUR=release build/release/.all
pgo: deps-build ## the release binaries guided by a training run's profile, in build/pgo/
	@rm -rf build/pgo
	+@$(SUBMAKE) FLAVOUR=pgo PGO=train build/pgo/gotthard-server build/pgo/gotthard-benchmark
	@$(PYTHON) benchmark/pgo_training.py build/pgo
	+@$(SUBMAKE) FLAVOUR=pgo build/pgo/gotthard-server build/pgo/gotthard-benchmark
debug: ## the debug binaries and all test binaries
	+@$(SUBMAKE) FLAVOUR=debug build/debug/.all build/debug/.tests
asan: deps-build deps-test ## build and test with the address and undefined-behaviour sanitizers
	+@$(SUBMAKE) FLAVOUR=asan build/asan/.all build/asan/.tests
	@$(PYTHON) tests/run.py suite asan
tsan: deps-build deps-test ## build and test with the thread sanitizer
	+@$(SUBMAKE) FLAVOUR=tsan build/tsan/.all build/tsan/.tests
	@$(PYTHON) tests/run.py suite tsan
lint: deps-build deps-test ## check the format, clang-tidy, clang's thread-safety analysis
	+@$(SUBMAKE) --keep-going --output-sync=target FLAVOUR=lint build/lint/.format $(LIB_SRC:%=build/lint/%.ok) \
	  $(patsubst %,build/lint/%.ok,$(wildcard src/server/main.cc benchmark/*.cc)) \
	  && echo 'lint: clean'
format: ## rewrite the sources with clang-format
	@clang-format -i $(FORMAT_FILES)
fuzz: deps-build deps-test ## build every fuzzer with clang and run each for FUZZ_SECONDS (60)
	+@$(SUBMAKE) FLAVOUR=fuzz build/fuzz/.fuzzers
	@$(PYTHON) tests/run.py fuzz --seconds $(FUZZ_SECONDS)
bench: deps-build deps-bench all ## measure against Redis in the same run: make bench ARGS="..."
	@$(PYTHON) benchmark/run_bench.py $(ARGS)
bench-quick: deps-build deps-bench all ## the same in one short round of fewer rows, within 3 minutes
	@$(PYTHON) benchmark/run_bench.py --quick $(ARGS)
micro: deps-build deps-bench ## run the micro-benchmarks: make micro ARGS="[table]"
	+@$(SUBMAKE) FLAVOUR=release build/release/gotthard-micro
	@build/release/gotthard-micro $(ARGS)
conf: all ## print conf/gotthard.conf from the option table
	@build/release/gotthard-server --print-config > conf/.gotthard.conf.new
	@mv conf/.gotthard.conf.new conf/gotthard.conf
install: all ## copy binaries, sample config and systemd unit below PREFIX (DESTDIR is honoured)
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(SYSCONFDIR) $(DESTDIR)$(UNITDIR)
	install -m 755 build/release/gotthard-server $(DESTDIR)$(BINDIR)/
	$(if $(wildcard benchmark/*.cc),install -m 755 build/release/gotthard-benchmark $(DESTDIR)$(BINDIR)/)
	@# A config that is there belongs to the administrator: the sample goes beside it.
	install -m 640 conf/gotthard.conf $(DESTDIR)$(SYSCONFDIR)/gotthard.conf$$( \
	  test ! -e $(DESTDIR)$(SYSCONFDIR)/gotthard.conf || echo .new)
	sed -e 's|/usr/local/bin|$(BINDIR)|' -e 's|/etc/gotthard|$(SYSCONFDIR)|' \
	  conf/gotthard-server.service > $(DESTDIR)$(UNITDIR)/gotthard-server.service
	chmod 644 $(DESTDIR)$(UNITDIR)/gotthard-server.service
check-aarch64: ## check that all of src compiles for aarch64 (needs g++-aarch64-linux-gnu)
	+@$(SUBMAKE) --keep-going FLAVOUR=aarch64 $(patsubst %,build/aarch64/%.ok,$(LIB_SRC) \
	  $(wildcard src/server/main.cc)) && echo 'check-aarch64: clean'
clean: ## remove build/
	rm -rf build

deps-build deps-test deps-bench: deps-%:
	@deps/install.sh $*

## Rules

$(BUILD)/.all $(BUILD)/.tests $(BUILD)/.fuzzers: ;
$(BUILD)/.all: $(LIB) $(SERVER) $(BENCH) $(RESPONDER)
$(BUILD)/.tests: $(TEST_BINS)
$(BUILD)/.fuzzers: $(FUZZERS)

# A changed flag rebuilds, and so does a source that went away: both live in files that are
# written only when their text changes.
define WRITE_IF_CHANGED
@mkdir -p $(@D)
@printf '%s\n' '$(1)' | cmp -s - $@ || printf '%s\n' '$(1)' > $@
endef
$(BUILD)/.flags: FORCE
	$(call WRITE_IF_CHANGED,$(CXX) $(ALL_CXXFLAGS) | $(ALL_LDFLAGS) | $(LIBS))
$(BUILD)/.sources: FORCE
	$(call WRITE_IF_CHANGED,$(LIB_SRC))

# Tests and benchmarks may name files of the tree ("tests/system/system_harness.h").
$(OBJ)/tests/%.o $(OBJ)/benchmark/%.o: EXTRA_FLAGS := -I. $(TESTFLAGS_$(FLAVOUR))
$(OBJ)/benchmark/micro/%.o: EXTRA_FLAGS := -I. -DCATCH_CONFIG_ENABLE_BENCHMARKING
$(OBJ)/%.o: %.cc $(BUILD)/.flags
	@mkdir -p $(@D)
	$(SAY) CXX $@
	$(Q)$(or $(CCACHE_$(FLAVOUR)),$(CCACHE)) $(CXX) $(ALL_CXXFLAGS) $(EXTRA_FLAGS) -MMD -MP -c $< -o $@
$(OBJ)/benchmark/micro/catch_main.o: tests/test_main.cc $(BUILD)/.flags
	@mkdir -p $(@D)
	$(SAY) CXX $@
	$(Q)$(CCACHE) $(CXX) $(ALL_CXXFLAGS) $(EXTRA_FLAGS) -MMD -MP -c $< -o $@

$(LIB): $(LIB_OBJ) $(BUILD)/.sources
	@mkdir -p $(@D)
	@rm -f $@
	$(SAY) AR $@
	$(Q)$(ARCHIVER) rcs $@ $(LIB_OBJ)

# $(call LINK,libraries): links all objects and archives among the prerequisites.
define LINK
@mkdir -p $(@D)
$(SAY) LINK $@
+$(Q)$(CXX) $(ALL_LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LIBS) $(1)
endef
$(BUILD)/gotthard-server: $(OBJ)/src/server/main.o $(LIB)
	$(call LINK)
$(BUILD)/gotthard-benchmark: $(call objects,benchmark/*.cc) $(LIB)
	$(call LINK)
$(BUILD)/gotthard-responder: $(call objects,benchmark/responder/*.cc)
	$(call LINK)
$(BUILD)/gotthard-micro: $(call objects,benchmark/micro/*.cc tests/commands/engine.cc) \
    $(OBJ)/benchmark/micro/catch_main.o $(LIB)
	$(call LINK,-labsl_raw_hash_set -labsl_throw_delegate)

# tests/test_main.cc holds Catch2's main, compiled once.
TEST_MAIN := $(OBJ)/tests/test_main.o
HARNESSES := $(filter-out %_test.o,$(call objects,tests/commands/*.cc tests/system/*.cc))
# The generator is no part of the library: its tests bring all of it but main.
UNIT_EXTRA_benchmark := $(filter-out %/gotthard_benchmark.o,$(call objects,benchmark/*.cc))
define UNIT_RULE
$(BUILD)/tests/unit_$(1): $(call objects,tests/unit/$(1)/*.cc) $(TEST_MAIN) $(UNIT_EXTRA_$(1)) $(LIB)
	$$(call LINK)
endef
$(foreach d,$(UNIT_DIRS),$(eval $(call UNIT_RULE,$(d))))
$(BUILD)/tests/commands: $(call objects,tests/commands/*.cc) $(TEST_MAIN) $(LIB)
	$(call LINK)
$(BUILD)/tests/system: $(call objects,tests/system/*.cc) $(TEST_MAIN) $(LIB)
	$(call LINK,-lhiredis)
$(BUILD)/tests/regress: $(call objects,tests/regress/*.cc) $(HARNESSES) $(TEST_MAIN) $(LIB)
	$(call LINK,-lhiredis)

FUZZ_SHARED := $(filter-out %_fuzz.o,$(call objects,tests/fuzz/*.cc tests/commands/engine.cc))
$(FUZZERS): build/fuzz/%: build/fuzz/obj/tests/fuzz/%_fuzz.o $(FUZZ_SHARED) $(LIB)
	$(call LINK,-fsanitize=fuzzer)

## Checks without output: a file of the same name under build/ says that the source passed

FORMAT_FILES := $(wildcard src/*/*.h src/*/*.cc benchmark/*.h benchmark/*.cc benchmark/*/*.h \
  benchmark/*/*.cc tests/*.cc tests/*/*.h tests/*/*.cc tests/*/*/*.h tests/*/*/*.cc)
build/lint/.format: $(FORMAT_FILES) .clang-format
	@mkdir -p $(@D)
	$(SAY) LINT 'format of $(words $(FORMAT_FILES)) files'
	@out=$$(clang-format --dry-run -Werror $(FORMAT_FILES) 2>&1) || { \
	  echo "not as clang-format has it ('make format' rewrites):"; \
	  echo "$$out" | sed -n '/error:/s/:[0-9].*//p; /not found/p' | uniq; exit 1; }
	@touch $@
build/lint/%.cc.ok: %.cc .clang-tidy
	@mkdir -p $(@D)
	$(SAY) LINT $<
	$(Q)$(CLANGXX) $(BASE_FLAGS) -I. -fsyntax-only -Wthread-safety -Werror=thread-safety \
	  -MMD -MP -MT $@ -MF $(@:.ok=.d) $<
	$(Q)clang-tidy --quiet --warnings-as-errors='*' $< -- $(BASE_FLAGS) -I. 2>&1 \
	  | { ! grep -vE '^[0-9]+ warnings? (generated|treated)|^$$'; }
	@touch $@
# Libraries' headers are this machine's: those that do not depend on the architecture serve.
build/aarch64/%.cc.ok: %.cc
	@mkdir -p $(@D)
	$(SAY) ARM64 $<
	$(Q)aarch64-linux-gnu-g++ -std=c++20 -Wall -Wextra -Wno-missing-field-initializers -Isrc -pthread \
	  -idirafter /usr/include -idirafter /usr/include/$(ARCH)-linux-gnu -fsyntax-only \
	  -MMD -MP -MT $@ -MF $(@:.ok=.d) $<
	@touch $@

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
