# The short commands; each does all the set-up it needs (packages, configuration, build).
#
#   make generate PROMPT="zinc framework with terephthalate linkers" [N=8] [OUT=FOLDER] [ARGS="--seed 7"]
#     (without OUT: generated, or generated-2 and so on where that exists)
#   make test | build | bench | format | clean

PROMPT ?=
N ?= 8
OUT ?=
ARGS ?=
PRESET ?= release
BUILD := build

.PHONY: generate test build bench format setup configure clean help

help:
	@sed -n 's/^#   //p' Makefile

setup:
	@tools/install_dependencies.sh

configure: setup
	@mkdir -p $(BUILD)
	@cmake --preset $(PRESET) > $(BUILD)/configure.log 2>&1 || { cat $(BUILD)/configure.log; exit 1; }

build: configure
	cmake --build $(BUILD)

export PROMPT
generate: configure
	@test -n "$$PROMPT" || { echo 'usage: make generate PROMPT="zinc framework with terephthalate linkers"'; exit 2; }
	@cmake --build $(BUILD) --target clamp-generate
	@out="$(OUT)"; n=2; \
	if [ -z "$$out" ]; then \
	  out=generated; \
	  while [ -e "$$out" ]; do out=generated-$$n; n=$$((n + 1)); done; \
	fi; \
	$(BUILD)/bin/clamp-generate --prompt "$$PROMPT" -n $(N) --out "$$out" $(ARGS)

test: build
	tools/run_tests.sh $(BUILD)

bench: setup
	@cmake --preset $(PRESET) -DCLAMP_BUILD_BENCH=ON
	cmake --build $(BUILD) --target clamp-bench
	$(BUILD)/bin/clamp-bench

format:
	tools/check_format.sh --fix

clean:
	rm -rf $(BUILD)
