# SPDX-License-Identifier: GPL-2.0-or-later

PMIP_CACHE ?= $(HOME)/.cache/pmip-bed
KERNEL ?= newest
export PMIP_CACHE KERNEL
export PYTHONDONTWRITEBYTECODE = 1

PYTHON = $(PMIP_CACHE)/venv/bin/python
BOOT = tests/bed/uml-run -a mac80211_hwsim.radios=4
BED_PATH = PYTHONPATH=$(CURDIR):$(CURDIR)/tests
DEMO = $(if $(IPV6),--ipv6) $(if $(MICROPYTHON),--micropython)

help:
	@echo 'make demo                a phone roams between two access points, live (KEEP=1: then a prompt,'
	@echo '                         IPV6=1: anchor over IPv6, MICROPYTHON=1: daemons on MicroPython)'
	@echo 'make test                all tests (STAGES="ruff unit luci unit-micropython mpy-cross fuzz sim kernel")'
	@echo 'make test KERNEL=6.1     the same on Linux 6.1'
	@echo 'make bench               measurements, as a table and JSON'
	@echo 'make ipk, make apk        packages for OpenWrt, in build/'
	@echo 'make feed                both, with index and checksums, in build/feed'
	@echo 'make size                how large the packages are, on flash and in memory (INTERPRETER=FILE:'
	@echo '                         with another MicroPython, such as that of an OpenWrt package)'
	@echo 'make fuzz                random input to every parser'
	@echo 'make sim                 many gateways, clients that roam and a hostile network, in fake time'
	@echo 'make lint                ruff'
	@echo 'make setup               only what all these need: packages, Python, test kernel'
	@echo 'make clean               remove what tests leave in the work tree'

setup:
	@tests/bed/setup

demo: setup
	@[ -t 1 ] && export PMIP_COLOUR=1; $(BED_PATH) $(BOOT) $(if $(KEEP),-i -t 0,-t 120) \
	    $(PYTHON) tests/bed/demo.py $(DEMO) $(if $(KEEP),--keep)

test: setup
	@$(PYTHON) tests/suite.py $(STAGES)

bench: setup
	@$(PYTHON) bench/run.py $(BENCH)

ipk apk:
	@python3 package/build/build.py $@ build

feed:
	@python3 package/build/build.py feed build/feed

size: setup
	@rm -rf build/root
	@for program in pmip-mag pmip-lma; do \
	    python3 package/build/build.py tree $$program build/root || exit; done
	@python3 package/build/size.py
	@PMIP_MICROPYTHON=$(INTERPRETER) PMIP_LIBRARY=$(CURDIR)/build/root/usr/lib/pmip-mag:$(CURDIR)/build/root/usr/lib/pmip-lma \
	    $(BED_PATH) $(BOOT) -t 300 $(PYTHON) bench/size.py

fuzz: setup
	@$(BED_PATH) $(PYTHON) tests/fuzz/run.py

sim: setup
	@$(PYTHON) tests/sim/run.py

lint: setup
	@$(PMIP_CACHE)/venv/bin/ruff check .

clean:
	rm -rf build .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup demo test bench ipk apk feed size fuzz sim lint clean
