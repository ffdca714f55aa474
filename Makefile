# Gotthard. `make help` lists the verbs. Binaries land in build/<flavour>/.
CXX       ?= g++
ifneq ($(shell command -v ccache 2>/dev/null),)
CCACHE    := ccache
endif
FLAVOUR   ?= debug
BUILD     := build/$(FLAVOUR)

ARCH      := $(shell uname -m)
MARCH     := $(if $(filter x86_64,$(ARCH)),-march=x86-64-v2)
WARN      := -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers
CXXFLAGS_release := -O3 -g -flto=auto -DNDEBUG
CXXFLAGS_debug   := -O1 -g
CXXFLAGS_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
CXXFLAGS_tsan    := -O1 -g -fsanitize=thread
LDFLAGS_release  := -flto=auto -O3
LDFLAGS_asan     := -fsanitize=address,undefined
LDFLAGS_tsan     := -fsanitize=thread
LIBS_release     := -ljemalloc
LIBS_debug       := -ljemalloc
CXXFLAGS  += -std=c++20 $(MARCH) $(WARN) -Isrc -pthread $(CXXFLAGS_$(FLAVOUR))
LDFLAGS   += -pthread $(LDFLAGS_$(FLAVOUR))
LIBS      := -lxxhash -lboost_program_options $(LIBS_$(FLAVOUR))

LIB_SRC   := $(filter-out src/server/main.cc,$(wildcard src/*/*.cc))
LIB_OBJ   := $(LIB_SRC:%.cc=$(BUILD)/%.o)
LIB       := $(BUILD)/libgotthard.a
UNIT_DIRS := $(sort $(patsubst tests/unit/%/,%,$(dir $(wildcard tests/unit/*/*_test.cc))))
UNIT_BINS := $(UNIT_DIRS:%=$(BUILD)/tests/unit_%)
CMD_BIN   := $(if $(wildcard tests/commands/*_test.cc),$(BUILD)/tests/commands)
SYS_BIN   := $(if $(wildcard tests/system/*_test.cc),$(BUILD)/tests/system)
SERVER    := $(if $(wildcard src/server/main.cc),$(BUILD)/gotthard-server)
BENCH     := $(if $(wildcard benchmark/*.cc),$(BUILD)/gotthard-benchmark)

.PHONY: all debug test-bins help clean
help:
	@echo "verbs: all debug test clean"
all:
	@$(MAKE) FLAVOUR=release build/release/.all
debug:
	@$(MAKE) FLAVOUR=debug build/debug/.all build/debug/.tests
$(BUILD)/.all: $(LIB) $(SERVER) $(BENCH)
$(BUILD)/.tests: $(UNIT_BINS) $(CMD_BIN) $(SYS_BIN)
clean:
	rm -rf build

$(BUILD)/%.o: %.cc
	@mkdir -p $(@D)
	$(CCACHE) $(CXX) $(CXXFLAGS) -MMD -MP -c $< -o $@
$(LIB): $(LIB_OBJ)
	@mkdir -p $(@D)
	@rm -f $@
	$(if $(findstring lto,$(CXXFLAGS)),gcc-ar,ar) rcs $@ $^
$(BUILD)/gotthard-server: $(BUILD)/src/server/main.o $(LIB)
	$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/gotthard-benchmark: $(patsubst %.cc,$(BUILD)/%.o,$(wildcard benchmark/*.cc)) $(LIB)
	$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)
# Tests: tests/test_main.cc holds Catch2's main, compiled once.
define UNIT_RULE
$(BUILD)/tests/unit_$(1): $(patsubst %.cc,$(BUILD)/%.o,$(wildcard tests/unit/$(1)/*.cc)) $(BUILD)/tests/test_main.o $(LIB)
	@mkdir -p $$(@D)
	$$(CXX) $$(LDFLAGS) -o $$@ $$^ $$(LIBS)
endef
$(foreach d,$(UNIT_DIRS),$(eval $(call UNIT_RULE,$(d))))
$(BUILD)/tests/commands: $(patsubst %.cc,$(BUILD)/%.o,$(wildcard tests/commands/*.cc)) $(BUILD)/tests/test_main.o $(LIB)
	@mkdir -p $(@D)
	$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/tests/system: $(patsubst %.cc,$(BUILD)/%.o,$(wildcard tests/system/*.cc)) $(BUILD)/tests/test_main.o $(LIB)
	@mkdir -p $(@D)
	$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS) -lhiredis
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
