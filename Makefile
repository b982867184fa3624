# The commands a person types; the work is done in scripts/.
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib

# The scripts look for what cargo built in target/, wherever the user's own builds go.
export CARGO_TARGET_DIR := $(CURDIR)/target
# For programs that run from the build tree; an installed library has ONNX Runtime beside itself.
export ORT_DYLIB_PATH ?= $(CURDIR)/target/onnxruntime/current/libonnxruntime.so.1

INSTALL := PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' DESTDIR='$(DESTDIR)' scripts/install.sh

.PHONY: all help setup build demo test paddle-fixtures test-paddle install uninstall bench bench-peers sanitizers fuzz soak lint clean

all: build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile

setup: ## fetch ONNX Runtime into target/
	scripts/fetch-onnxruntime.sh

build: ## the release library and predictor-bench (the default)
	scripts/build.sh

demo: setup build ## classify images with a pool of predictors
	scripts/compile-c.sh target/examples/digits examples/c/*.c
	target/examples/digits examples/models

test: setup build ## every test
	scripts/test.sh

paddle-fixtures: ## tests/paddle/cases anew, with both versions of Paddle
	scripts/paddle-fixtures.sh

test-paddle: setup ## whole networks that Paddle exports, against Paddle
	scripts/test-paddle.sh

install: setup build ## PREFIX=/usr/local LIBDIR=PREFIX/lib DESTDIR=
	$(INSTALL)

uninstall: ## the same variables
	$(INSTALL) uninstall

bench: setup build ## call overhead, scaling, load times, memory
	scripts/bench.sh

bench-peers: setup build ## beside ONNX Runtime, OpenVINO and Paddle: MODELS= THREADS= SECONDS= ROUNDS= REPORT=
	scripts/bench-peers.sh $(foreach key,MODELS THREADS SECONDS ROUNDS REPORT,$(if $($(key)),'$(key)=$($(key))'))

sanitizers: setup build ## address, leak and thread checkers, valgrind, loom, Miri
	scripts/test-sanitizers.sh all

fuzz: setup ## SECONDS=120 of random calls and broken models
	scripts/fuzz.sh $(SECONDS)

soak: setup ## SECONDS=600 of everything at once, with flat memory
	scripts/soak.sh $(SECONDS)

lint: ## formatting, clippy, shellcheck
	scripts/lint.sh

clean: ## remove target/, what was fetched included
	rm -rf target
