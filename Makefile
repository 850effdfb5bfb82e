# SPDX-License-Identifier: GPL-2.0-only
#
# shmregion: kernel module, library, tests. `make help` lists the targets.
# Everything that is built goes below $(BUILD); the sources stay clean.

VERSION := $(shell sed -n 's/^.define SHMDEV_VERSION\t*"\(.*\)"/\1/p' libshmdev/include/shmdev/device.h)
SONAME := libshmdev.so.0
# What `make check` runs on.
KERNELS ?= 6.1 6.12 6.12-oldest backport 6.12-rt debug 6.12-arm64
# What `make check-all` runs on besides.
MORE_KERNELS ?= 6.1-arm64 6.12-arm64-16k backport-arm64

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
PKGCONFIGDIR ?= $(LIBDIR)/pkgconfig
LIBEXECDIR ?= $(PREFIX)/libexec/shmregion
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
UDEVDIR ?= $(PREFIX)/lib/udev/rules.d
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
MODULESLOADDIR ?= $(PREFIX)/lib/modules-load.d
BUILD ?= build
KDIR ?= /lib/modules/$(shell uname -r)/build
# Where "make install" notes what it put where, for "make uninstall".
RECORD ?= $(PREFIX)/share/shmregion/installed

CC ?= cc
# What compiles programs of 32 bits.
CC32 ?= $(CC) -m32
AR ?= ar
CXX ?= c++
CFLAGS ?= -O2 -g
CXXFLAGS ?= -O2 -g
override CPPFLAGS += -D_GNU_SOURCE -Ilibshmdev/include -isystem uapi -MMD -MP
# Debugging information does not say where the sources were.
override CFLAGS += -std=gnu11 -Wall -Wextra '-ffile-prefix-map=$(CURDIR)=.'
# The header needs C++17, and no exceptions; with C++20 it has std::span too.
override CXXFLAGS += -std=gnu++20 -fno-exceptions -fno-rtti -Wall -Wextra

# As kbuild does it: V=1 shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-7s %s\n' $(1) $(patsubst $(BUILD)/%,%,$@))

# kbuild would look for the kernel there rather than in KDIR.
unexport KBUILD_OUTPUT KBUILD_EXTMOD

# DESTDIR may have spaces, and so may the name of this directory.
one_word = $(if $(word 2,[$($(1))]),$(error $(1) may not have a space in it: "$($(1))"))
places := PREFIX BINDIR LIBDIR INCLUDEDIR PKGCONFIGDIR LIBEXECDIR DATADIR MANDIR \
	UDEVDIR SYSUSERSDIR MODULESLOADDIR RECORD
$(foreach name,BUILD KDIR $(places),$(call one_word,$(name)))
absolute = $(if $(filter /%,$($(1))),,$(error $(1) must begin with a slash: "$($(1))"))
$(foreach name,$(places),$(call absolute,$(name)))

# What somebody who uses the module or the library wants. Without headers of the
# kernel that is the library.
.PHONY: all need-all
all: need-all lib tools man
	$(Q)if scripts/need-kernel $(KDIR) "$(abspath $(BUILD))"; then \
		$(MAKE) --no-print-directory modules; \
	fi

##
## What is needed on this machine, so that it is missed by name
##

need := CC="$(CC)" CC32="$(CC32)" scripts/need
lib_needs := "$(CC)" $(AR) "<stdio.h>" "<linux/types.h>"
tool_needs := "<libkmod.h>" "<libsmartcols/libsmartcols.h>"
man_needs := perl scdoc

.PHONY: need-lib need-tools need-man need-tests need-kernel
need-all:
	$(Q)$(need) "A build" $(lib_needs) $(tool_needs) $(man_needs)
need-lib:
	$(Q)$(need) "The library" $(lib_needs)
need-tools:
	$(Q)$(need) "The tool shmregion" $(lib_needs) $(tool_needs)
need-man:
	$(Q)$(need) "The manual" $(man_needs)
need-tests:
	$(Q)$(need) "A build of the tests" $(lib_needs) "$(CXX)" "<libkmod.h>" \
		"<wayland-server.h>" -m32 rsync
need-kernel:
	$(Q)scripts/need-kernel $(KDIR) "$(abspath $(BUILD))"

##
## Module, for this machine or for the guest kernels
##

.PHONY: modules modules_install load unload guest-modules
modules: need-kernel $(BUILD)/kmod-host/.copied
	$(Q)$(MAKE) --no-print-directory -C $(KDIR) M=$(abspath $(BUILD))/kmod-host modules

# A module can only be built where its sources are, so build a copy.
kmod_src := kmod/Kbuild $(wildcard kmod/*.[ch])
$(BUILD)/kmod-%/.copied: $(kmod_src) $(wildcard uapi/linux/*)
	$(Q)mkdir -p $(@D) $(BUILD)/uapi
	$(Q)cp -rp uapi/linux $(BUILD)/uapi/
	$(Q)cp -p $(kmod_src) $(@D)/
	$(Q)touch $@

# The debug kernel can tell which lines ran.
kmod_flags_debug := GCOV_PROFILE=y KCOV_INSTRUMENT=y

# Which kernel it is for; another one means to build anew.
.PHONY: FORCE
$(BUILD)/kmod-%/.kernel: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)scripts/guest-kernel $* >$@.new
	$(Q)cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(BUILD)/kmod-%/shmregion.ko: $(BUILD)/kmod-%/.copied $(BUILD)/kmod-%/.kernel
	$(call say,KMOD)
	$(Q)rm -f $(@D)/*.o $(@D)/.*.cmd
	$(Q)scripts/kbuild $$(cat $(@D)/.kernel) $(@D) \
		W=1 $(kmod_flags_$*) modules >$(@D)/build.log 2>&1 || \
		{ cat $(@D)/build.log >&2; exit 1; }

guest-modules: $(KERNELS:%=$(BUILD)/kmod-%/shmregion.ko)

# For every kernel that Debian has headers of, and by other compilers.
.PHONY: check-builds
check-builds:
	$(Q)$(SETUP) check 6.1 6.12 backport debug
	$(Q)mkdir -p $(BUILD)
	$(Q)scripts/check-builds $(BUILD)

# kbuild decides the name and the place. Without a signing key its own rule for
# signing would only complain, and what depmod(8) would write here is for nothing.
modules_install: stage := $(abspath $(BUILD))/kmod-host/installed
modules_install: modules
	$(Q)rm -rf $(stage)
	$(Q)$(MAKE) -C $(KDIR) M=$(abspath $(BUILD))/kmod-host INSTALL_MOD_PATH=$(stage) \
		CONFIG_MODULE_SIG_ALL= DEPMOD=true modules_install >$(stage).log 2>&1 || \
		{ cat $(stage).log >&2; exit 1; }
	$(Q)for file in $$(cd $(stage) && find lib -name 'shmregion.ko*'); do \
		$(install) 644 /$${file%/*} $(stage)/$$file || exit; \
	done

load: modules
	insmod $(BUILD)/kmod-host/shmregion.ko $(PARAMS)

unload:
	rmmod shmregion

##
## Library
##

lib_src := $(sort $(wildcard libshmdev/src/*.c))
lib_obj := $(lib_src:libshmdev/src/%.c=$(BUILD)/obj/lib/%.o)

.PHONY: lib
lib: $(BUILD)/lib/libshmdev.a $(BUILD)/lib/libshmdev.so $(BUILD)/lib/libshmdev.pc

$(lib_obj): $(BUILD)/obj/lib/%.o: libshmdev/src/%.c | need-lib
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -fvisibility=hidden -c -o $@ $<

$(BUILD)/lib/libshmdev.a: $(lib_obj)
	$(call say,AR)
	$(Q)mkdir -p $(@D)
	$(Q)rm -f $@
	$(Q)$(AR) rcsD $@ $^

$(BUILD)/lib/$(SONAME): $(lib_obj) libshmdev/src/libshmdev.map
	$(call say,LD)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,-z,defs \
		-Wl,--version-script=libshmdev/src/libshmdev.map -o $@ $(lib_obj)

$(BUILD)/lib/libshmdev.so: $(BUILD)/lib/$(SONAME)
	$(Q)ln -sf $(SONAME) $@

# The directories may be others than at the last time.
below_prefix = $(patsubst $(PREFIX)/%,$${prefix}/%,$(1))
$(BUILD)/lib/libshmdev.pc: libshmdev/src/libshmdev.pc.in FORCE
	$(Q)mkdir -p $(@D)
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(call below_prefix,$(LIBDIR))|' \
		-e 's|@INCLUDEDIR@|$(call below_prefix,$(INCLUDEDIR))|' \
		-e 's|@VERSION@|$(VERSION)|' $< >$@.new
	$(Q)cmp -s $@.new $@ && rm $@.new || mv $@.new $@

##
## Programs: tests, demo, examples. Static, so that they run in any guest.
##

library_test_bin := $(patsubst selftests/library/%.c,$(BUILD)/bin/%,$(wildcard selftests/library/*_test.c))
test_cxx_bin := $(patsubst selftests/library/%.cpp,$(BUILD)/bin/%,$(wildcard selftests/library/*_test.cpp))
test_bin := $(library_test_bin) $(test_cxx_bin)
# Headers that all tests may use.
test_include := -Iselftests/module/include
mistakes_bin := $(BUILD)/bin/mistakes
demo_src := $(wildcard libshmdev/demo/*.c)
demo_bin := $(BUILD)/bin/shmregion-demo
# The attacks of the demo, and more, without its story.
attacks_src := $(wildcard selftests/attacks/*.c) \
	$(filter-out %/demo.c %/question.c %/chapter.c $(wildcard libshmdev/demo/chapter_*.c),$(demo_src))
attacks_bin := $(BUILD)/bin/shmregion-attacks
stress_src := $(wildcard selftests/stress/*.c)
stress_bin := $(BUILD)/bin/shmregion-stress
fuzz_src := $(wildcard selftests/fuzz/*.c)
fuzz_bin := $(BUILD)/bin/shmregion-fuzz
bench_src := $(wildcard selftests/bench/*.c)
bench_bin := $(BUILD)/bin/shmregion-bench
example_bin := $(patsubst libshmdev/examples/%.c,$(BUILD)/bin/example-%,$(wildcard libshmdev/examples/*.c))
tool_src := $(wildcard libshmdev/tools/*.c)
tool_bin := $(BUILD)/bin/shmregion
example_cxx_bin := $(patsubst libshmdev/examples/%.cpp,$(BUILD)/bin/example-%,$(wildcard libshmdev/examples/*.cpp))
harness := $(BUILD)/harness/kselftest_harness.h

.PHONY: programs tests module-tests tools examples
programs: tests $(demo_bin)
tools: $(tool_bin) $(demo_bin) $(bench_bin)
examples: $(example_bin) $(example_cxx_bin)
tests: module-tests $(test_bin) examples $(tool_bin) $(stress_bin) $(attacks_bin) $(fuzz_bin) \
	$(bench_bin) $(demo_bin) $(BUILD)/bin/tool-examples $(BUILD)/bin/trace-victim \
	$(BUILD)/bin/run-selftests $(BUILD)/bin/run-trinity \
	$(BUILD)/lib/trinity-aim.so

# The module's tests are a kselftest directory, whose Makefile lists and builds
# them; guests run what it installs.
kselftests := $(BUILD)/lib/kselftest
module-tests: need-tests
	$(Q)$(MAKE) --no-print-directory $(if $(V),V=1,-s) -C selftests/module install \
		OUTPUT=$(abspath $(BUILD))/obj/kselftest \
		KSFT_INSTALL_PATH=$(abspath $(kselftests)) \
		FORCE_TARGETS=1 STATIC=-static CC="$(CC)" CC32="$(CC32)"

# The library's tests use the same harness, which comes from Debian's linux-source.
$(harness):
	$(call say,COPY)
	$(Q)mkdir -p $(@D)
	$(Q)src=$$(scripts/guest-kernel --source 6.12) && \
		cp $$src/tools/testing/selftests/kselftest.h \
		   $$src/tools/testing/selftests/kselftest_harness.h $(@D)/

static := -static
test_flags := $(static)

$(library_test_bin) $(mistakes_bin): $(BUILD)/bin/%: selftests/library/%.c \
		$(BUILD)/lib/libshmdev.a $(harness)
	$(call say,CC)
	$(Q)mkdir -p $(@D) $(BUILD)/obj
	$(Q)$(CC) $(CPPFLAGS) $(test_include) -MF $(BUILD)/obj/$(@F).d -isystem $(BUILD)/harness \
		$(CFLAGS) -pthread $(test_flags) $(LDFLAGS) -o $@ $< $(BUILD)/lib/libshmdev.a

$(test_cxx_bin): $(BUILD)/bin/%: selftests/library/%.cpp $(BUILD)/lib/libshmdev.a
	$(call say,CXX)
	$(Q)mkdir -p $(@D) $(BUILD)/obj
	$(Q)$(CXX) $(CPPFLAGS) $(test_include) -MF $(BUILD)/obj/$*.d $(CXXFLAGS) -pthread $(static) \
		$(LDFLAGS) -o $@ $< $(BUILD)/lib/libshmdev.a

$(example_bin): $(BUILD)/bin/example-%: libshmdev/examples/%.c $(BUILD)/lib/libshmdev.a
	$(call say,CC)
	$(Q)mkdir -p $(@D) $(BUILD)/obj
	$(Q)$(CC) $(CPPFLAGS) -MF $(BUILD)/obj/example-$*.d $(CFLAGS) -pthread \
		$(static) $(LDFLAGS) -o $@ $< $(BUILD)/lib/libshmdev.a

$(example_cxx_bin): $(BUILD)/bin/example-%: libshmdev/examples/%.cpp $(BUILD)/lib/libshmdev.a
	$(call say,CXX)
	$(Q)mkdir -p $(@D) $(BUILD)/obj
	$(Q)$(CXX) $(CPPFLAGS) -MF $(BUILD)/obj/example-$*.d $(CXXFLAGS) -pthread \
		$(static) $(LDFLAGS) -o $@ $< $(BUILD)/lib/libshmdev.a

# Installed, so not static.
$(tool_bin): $(tool_src) $(wildcard libshmdev/tools/*.h) $(BUILD)/lib/libshmdev.a | need-tools
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(CPPFLAGS)) -DLIBEXECDIR='"$(LIBEXECDIR)"' \
		$(CFLAGS) -pthread $(LDFLAGS) -o $@ $(tool_src) $(BUILD)/lib/libshmdev.a \
		-lkmod -lsmartcols

# Programs of many files.
$(demo_bin): $(demo_src) $(wildcard libshmdev/demo/*.h)
$(stress_bin): $(stress_src) $(wildcard selftests/stress/*.h)
$(attacks_bin): $(attacks_src) $(wildcard selftests/attacks/*.h libshmdev/demo/*.h)
$(attacks_bin): override CPPFLAGS += -Ilibshmdev/demo
$(fuzz_bin): $(fuzz_src) $(wildcard selftests/fuzz/*.h) selftests/module/include/helpers.h
$(bench_bin): $(bench_src) $(wildcard selftests/bench/*.h)
$(demo_bin) $(stress_bin) $(attacks_bin) $(fuzz_bin) $(bench_bin): $(BUILD)/lib/libshmdev.a
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(CPPFLAGS)) $(CFLAGS) -pthread $(static) \
		$(LDFLAGS) -o $@ $(filter %.c,$^) $(BUILD)/lib/libshmdev.a

$(BUILD)/bin/run-selftests: selftests/run-selftests
$(BUILD)/bin/run-trinity: selftests/trinity/run-trinity
$(BUILD)/bin/run-checked: selftests/library/run-checked
$(BUILD)/bin/run-selftests $(BUILD)/bin/run-trinity $(BUILD)/bin/run-checked:
	$(Q)mkdir -p $(@D)
	$(Q)install -m 755 $< $@

# What the scripts that trace are to find.
$(BUILD)/bin/trace-victim: selftests/trace/victim.c $(BUILD)/lib/libshmdev.a
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(CPPFLAGS)) $(CFLAGS) -static $(LDFLAGS) \
		-o $@ $< $(BUILD)/lib/libshmdev.a

# The examples of shmregion(8), to be run.
$(BUILD)/bin/tool-examples: Documentation/man/shmregion.8.scd.in selftests/library/tool-examples.awk
	$(Q)mkdir -p $(@D)
	$(Q)(echo '#!/bin/sh'; awk -f selftests/library/tool-examples.awk $<) >$@
	$(Q)chmod 755 $@

# What trinity(1) preloads in a guest.
$(BUILD)/lib/trinity-aim.so: selftests/trinity/aim.c uapi/linux/shmregion.h
	$(call say,LD)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(CPPFLAGS)) $(CFLAGS) -fPIC -shared \
		$(LDFLAGS) -o $@ $<

##
## The same for arm64, in a root of Debian that has a cross compiler
##

# "make check" runs the module's tests alone.
.PHONY: programs-arm64 module-tests-arm64
programs-arm64: targets := programs
module-tests-arm64: targets := module-tests $(BUILD)/arm64/bin/shmregion-demo \
	$(BUILD)/arm64/bin/run-selftests
programs-arm64: module-tests-arm64
programs-arm64 module-tests-arm64: $(harness)
	$(Q)mkdir -p $(BUILD)/arm64
	$(Q)cp -rpT $(BUILD)/harness $(BUILD)/arm64/harness
	+$(Q)scripts/build-root "$(CURDIR)" $(BUILD) -- \
		make --no-print-directory BUILD=$(BUILD)/arm64 \
		CC=aarch64-linux-gnu-gcc-14 CXX=aarch64-linux-gnu-g++-14 \
		AR=aarch64-linux-gnu-ar CC32=arm-linux-gnueabihf-gcc-14 $(targets)

##
## Tests of the library for checkers of memory, and what these must find
##

sanitized_flags := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all
memcheck_flags := -O1 -g

.PHONY: lib-tests sanitized memcheck
lib-tests: $(filter $(BUILD)/bin/lib_%,$(test_bin)) $(mistakes_bin) \
	examples $(tool_bin) $(BUILD)/bin/tool-examples $(BUILD)/bin/run-checked

sanitized memcheck:
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/$@ \
		CFLAGS="$($@_flags)" CXXFLAGS="$($@_flags)" static= \
		test_flags="-include selftests/library/checked.h" lib-tests

##
## Fuzzing, with libFuzzer, in this machine's user space
##

FUZZ_CC ?= clang
fuzz_channel_src := $(filter-out %/channel_socket.c,$(wildcard libshmdev/src/channel*.c)) \
	libshmdev/src/lock.c \
	$(wildcard selftests/fuzz/channel/*.c)

.PHONY: fuzz-channel
fuzz-channel: $(BUILD)/fuzz/channel
	$(Q)selftests/fuzz/channel/run $(BUILD) $(SECONDS)

$(BUILD)/fuzz/channel: $(fuzz_channel_src) $(wildcard libshmdev/src/*.h \
		libshmdev/include/shmdev/*.h selftests/fuzz/channel/*.h)
	$(call say,FUZZ)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(filter-out -MMD -MP,$(CPPFLAGS)) $(CFLAGS) \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-o $@ $(fuzz_channel_src)

##
## Manual pages, made from the headers and from what is written besides
##

man_src := $(wildcard Documentation/man/*) NEWS.md scripts/gen-man scripts/perl/HeaderDoc.pm \
	uapi/linux/shmregion.h libshmdev/sandbox.def \
	$(wildcard libshmdev/include/*.h libshmdev/include/shmdev/*.h)

.PHONY: man
man: $(BUILD)/man/.made

$(BUILD)/man/.made: $(man_src) | need-man
	$(call say,MAN)
	$(Q)rm -rf $(@D)
	$(Q)mkdir -p $(@D)
	$(Q)scripts/gen-man $(@D)
	$(Q)touch $@

##
## The documentation as HTML, by Sphinx, with the kernel's own kernel-doc
##

SPHINXBUILD ?= sphinx-build

# -n would want a page for each type of C.
.PHONY: docs
docs:
	$(Q)$(SETUP) docs
	$(Q)SHMREGION_KERNEL=$$(scripts/guest-kernel --source 6.12) \
		$(SPHINXBUILD) -q -W --keep-going -b html \
		-d $(BUILD)/docs/doctrees Documentation $(BUILD)/docs/html
	$(Q)scripts/check-links $(BUILD)/docs/html
	@echo '$(BUILD)/docs/html/index.html'

##
## Installation
##

install = DESTDIR="$(DESTDIR)" RECORD=$(RECORD) scripts/install-files
install_parts := modules_install install-system install-lib install-tools install-man

# A part that fails does not keep the others from being installed.
.PHONY: install install-system install-lib install-tools install-man uninstall
install:
	$(Q)failed=; for part in $(install_parts); do \
		$(MAKE) --no-print-directory $$part || failed="$$failed $$part"; \
	done; \
	if [ -n "$$failed" ]; then \
		echo "install: failed:$$failed; the rest is installed" >&2; \
		exit 1; \
	fi

# The device for a group, and the module at each start.
install-system:
	$(Q)$(install) 644 $(UDEVDIR) kmod/system/udev/60-shmregion.rules
	$(Q)$(install) 644 $(SYSUSERSDIR) kmod/system/sysusers.d/shmregion.conf
	$(Q)$(install) 644 $(MODULESLOADDIR) kmod/system/modules-load.d/shmregion.conf

install-lib: lib
	$(Q)$(install) 644 $(INCLUDEDIR) libshmdev/include/shmdev.h libshmdev/include/shmdev.hpp
	$(Q)$(install) 644 $(INCLUDEDIR)/shmdev libshmdev/include/shmdev/*.h \
		libshmdev/include/shmdev/*.hpp
	$(Q)$(install) 644 $(INCLUDEDIR)/linux uapi/linux/shmregion.h
	$(Q)$(install) 644 $(LIBDIR) $(BUILD)/lib/libshmdev.a
	$(Q)$(install) 755 $(LIBDIR) $(BUILD)/lib/$(SONAME) $(BUILD)/lib/libshmdev.so
	$(Q)$(install) 644 $(PKGCONFIGDIR) $(BUILD)/lib/libshmdev.pc

install-tools: tools
	$(Q)$(install) 755 $(BINDIR) $(tool_bin)
	$(Q)$(install) 755 $(LIBEXECDIR) $(demo_bin) $(bench_bin)
	$(Q)$(install) 644 $(DATADIR)/bash-completion/completions \
		libshmdev/tools/completion/shmregion
	$(Q)$(install) 644 $(DATADIR)/zsh/site-functions libshmdev/tools/completion/_shmregion
	$(Q)$(install) 755 $(DATADIR)/shmregion/trace libshmdev/tools/trace/*.bt

install-man: man
	$(Q)for section in $(BUILD)/man/man?; do \
		$(install) 644 $(MANDIR)/$${section##*/} $$section/* || exit; \
	done

uninstall:
	$(Q)$(install) --uninstall

# The sources, to release.
.PHONY: dist
dist:
	$(Q)scripts/dist $(BUILD)/shmregion-$(VERSION).tar.xz $(BUILD)
	@echo '$(BUILD)/shmregion-$(VERSION).tar.xz'

# Packages of Debian, of the sources as they are here.
.PHONY: deb
deb: dist
	$(Q)scripts/deb $(BUILD)/shmregion-$(VERSION).tar.xz $(BUILD)/deb
	@ls $(BUILD)/deb/*.deb

$(test_bin): | need-tests

##
## The two commands, and their pieces
##

# What installs packages; SETUP=true leaves that to you.
SETUP ?= scripts/setup

.PHONY: demo check check-here check-quick check-all check-fresh check-build \
	check-all-build check-quick-build kselftest setup clean help
demo:
	$(Q)$(SETUP) demo 6.12
	$(Q)$(MAKE) --no-print-directory $(BUILD)/kmod-6.12/shmregion.ko $(demo_bin)
	$(Q)scripts/vm -- shmregion-demo

# The scripts call make, which inherits what was given to this one.
check:
	$(Q)$(SETUP) check $(KERNELS)
	$(Q)scripts/check $(BUILD) $(KERNELS)

# Without the fresh root file system, as it is used in one.
check-here:
	$(Q)$(SETUP) check $(KERNELS)
	$(Q)scripts/check --here $(BUILD) $(KERNELS)

check-quick: KERNELS := 6.12
check-quick:
	$(Q)$(SETUP) check $(KERNELS)
	$(Q)scripts/check --quick $(BUILD) $(KERNELS)

# Everything that there is, without a limit of time.
check-all: KERNELS += $(MORE_KERNELS)
check-all:
	$(Q)$(SETUP) check $(KERNELS)
	$(Q)$(SETUP) packages
	$(Q)scripts/check --all $(BUILD) $(KERNELS)

# The packages of Debian, built, installed, upgraded and purged in booted systems.
.PHONY: check-packages
check-packages:
	$(Q)$(SETUP) packages
	$(Q)mkdir -p $(BUILD)
	$(Q)scripts/check-packages --log $(BUILD)/check-packages $(SUITES)

# The demo and all of make check in fresh root file systems, kernels included.
SUITES ?= bookworm trixie
check-fresh:
	$(Q)$(SETUP) check $(KERNELS)
	$(Q)mkdir -p $(BUILD)
	$(Q)set -e; for suite in $(SUITES); do \
		echo "Debian $$suite"; \
		scripts/fresh-root --empty-cache --log $(BUILD)/fresh-root-$$suite.log \
			$$suite demo check-here; \
	done

# Everything that make check runs.
check-build: all programs guest-modules sanitized memcheck man \
	$(BUILD)/kmod-6.12/shmregion.ko $(BUILD)/fuzz/channel \
	$(if $(findstring -arm64,$(KERNELS)),module-tests-arm64)

# What make check-all runs besides.
check-all-build: check-build programs-arm64

check-quick-build: all programs guest-modules

# The selftests with other huge entries than usual. module_test would load the
# module anew without the parameter.
.PHONY: check-huge
check-huge:
	$(Q)$(SETUP) tests 6.1 6.12
	$(Q)$(MAKE) --no-print-directory tests guest-modules KERNELS="6.1 6.12"
	$(Q)set -e; for kernel in 6.1 6.12; do for huge in off mixed; do \
		echo "$$kernel, huge=$$huge"; \
		scripts/vm --kernel $$kernel --module-param huge=$$huge --timeout 2400 \
			-- run-selftests --without module_test \
			--without unload_test --no-attacks --stress 0 \
			>$(BUILD)/check-huge.tap || \
			{ grep '^not ok' $(BUILD)/check-huge.tap; exit 1; }; \
		scripts/tap-summary <$(BUILD)/check-huge.tap | tail -n 1; \
	done; done

# Random operations of many processes for as long as asked.
SECONDS ?= 600
# Which kernel: KERNELS=6.12
.PHONY: soak
soak: KERNELS := debug
soak:
	$(Q)$(SETUP) tests $(KERNELS)
	$(Q)$(MAKE) --no-print-directory tests guest-modules KERNELS=$(KERNELS)
	$(Q)scripts/vm --kernel $(KERNELS) --memory 3072 --timeout $$(($(SECONDS) + 300)) -- \
		shmregion-stress --progress --seconds $(SECONDS)

# Random system calls, by two fuzzers, each for as long as asked.
.PHONY: fuzz
fuzz: KERNELS := debug
fuzz:
	$(Q)$(SETUP) tests $(KERNELS)
	$(Q)$(MAKE) --no-print-directory tests guest-modules KERNELS=$(KERNELS)
	$(Q)scripts/fuzz $(KERNELS) $(SECONDS)

# Count what regions cost, and other ways: about two minutes.
.PHONY: bench
bench: KERNELS := 6.1 6.12
bench:
	$(Q)$(SETUP) bench $(KERNELS)
	$(Q)$(MAKE) --no-print-directory $(bench_bin) guest-modules KERNELS="$(KERNELS)"
	$(Q)scripts/bench $(BUILD) $(KERNELS)

# Draw what make bench measured, and write it into Documentation/performance.rst.
.PHONY: bench-docs
bench-docs:
	$(Q)$(SETUP) plots
	$(Q)scripts/bench-docs $(BUILD)

# What "make check" compares with, after a change that makes something dearer.
.PHONY: bench-record
bench-record: KERNELS := 6.1 6.12
bench-record:
	$(Q)$(SETUP) bench $(KERNELS)
	$(Q)$(MAKE) --no-print-directory $(bench_bin) guest-modules KERNELS="$(KERNELS)"
	$(Q)scripts/bench-gate record $(KERNELS)

# Measure the table in Documentation/attacks.rst anew.
.PHONY: attack-table
attack-table:
	$(Q)$(SETUP) tests 6.12 6.1
	$(Q)$(MAKE) --no-print-directory tests guest-modules KERNELS="6.12 6.1"
	$(Q)scripts/attack-table update 6.12 6.1

# Write the table of what is proved by which test.
.PHONY: rows
rows:
	$(Q)scripts/gen-rows >Documentation/rows.rst

# Record what programs are compiled against.
.PHONY: abi
abi: lib
	$(Q)scripts/abi record $(BUILD)

# On a machine with the module loaded, as root.
kselftest: module-tests $(BUILD)/bin/run-selftests
	$(BUILD)/bin/run-selftests --kernel --no-attacks --stress 0

setup:
	$(Q)$(SETUP) check $(KERNELS)

clean:
	rm -rf $(BUILD)

help:
	@echo 'On any Debian 12 or 13, in a guest:'
	@echo '  make demo        what this is about, shown by real processes'
	@echo '  make check       every test, on every supported kernel;'
	@echo '                   KERNELS="6.12 debug" chooses among $(KERNELS)'
	@echo '  make check-quick the tests that find most mistakes, on Linux 6.12'
	@echo '  make check-fresh the demo and make check in minimal Debian 12 and 13,'
	@echo '                   SUITES="bookworm trixie"'
	@echo '  make check-packages  the packages of Debian in booted Debian 12 and 13, with'
	@echo '                   Secure Boot; SUITES="bookworm"'
	@echo '  make check-all   all of that and more, which takes hours'
	@echo '  make check-huge  the selftests with huge entries off, and mixed'
	@echo '  make soak        random operations of many processes, SECONDS=600,'
	@echo '                   KERNELS=debug'
	@echo '  make fuzz        random system calls, right and wrong; the same'
	@echo '  make bench       what regions cost in instructions, and other ways to share;'
	@echo '                   KERNELS="6.1 6.12"'
	@echo '  make bench-docs  write the results of make bench into Documentation'
	@echo '  make bench-record  record the costs that make check compares with'
	@echo '  make attack-table  measure the table in Documentation/attacks.rst'
	@echo '  make docs        the documentation as HTML, in build/docs/html'
	@echo '  make rows        write Documentation/rows.rst, from rows.txt and the tests'
	@echo '  make abi         record the ABI in Documentation/ABI'
	@echo 'On this machine:'
	@echo '  make             build what is installed: library, tools and manual, and the'
	@echo '                   module if there are headers of the kernel'
	@echo '  make modules     build the module for KDIR (the running kernel)'
	@echo '  make load        build and insert it; PARAMS="mode=0660"'
	@echo '  make unload      remove it'
	@echo '  make install     install module, library, headers, tools, manual'
	@echo '  make uninstall   remove what it installed, with the same PREFIX'
	@echo '  make kselftest   run the tests of the module against the loaded one'
	@echo 'Pieces:'
	@echo '  make lib tests tools examples programs guest-modules install-lib'
	@echo '  install-tools setup clean'
	@echo '  make dist        the sources as a tarball'
	@echo '  make deb         packages of Debian, in build/deb'
	@echo '  make man install-man   the manual pages'
	@echo '  make sanitized memcheck   the tests that run-checked runs in a guest'
	@echo '  make fuzz-channel   fuzz the channel; SECONDS=600 is how long'
	@echo 'V=1 shows the commands; BUILD, PREFIX, DESTDIR are as usual.'

.SECONDARY:

-include $(wildcard $(BUILD)/obj/*.d $(BUILD)/obj/*/*.d)
