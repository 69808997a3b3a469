# tests: fuzz targets, lint, flow scripts; what they share stands in tests/lib and tests/fixtures.
# A room's unit tests stand in its own local.mk.
EXTRA_DIST += tests/fixtures tests/lib

# Fuzz targets. Usually each is linked with replay.c, and `make check` runs it on
# tests/fuzz/corpus/NAME; with --enable-fuzz it is a libFuzzer program for `make fuzz`.
fuzz_programs = \
	tests/fuzz/fuzz-plan \
	tests/fuzz/fuzz-recipe \
	tests/fuzz/fuzz-mirrors \
	tests/fuzz/fuzz-control \
	tests/fuzz/fuzz-deb \
	tests/fuzz/fuzz-rpm \
	tests/fuzz/fuzz-tar \
	tests/fuzz/fuzz-record \
	tests/fuzz/fuzz-manifest \
	tests/fuzz/fuzz-dump \
	tests/fuzz/fuzz-image \
	tests/fuzz/fuzz-env \
	tests/fuzz/fuzz-journal \
	tests/fuzz/fuzz-network \
	tests/fuzz/fuzz-settings \
	tests/fuzz/fuzz-release \
	tests/fuzz/fuzz-packages \
	tests/fuzz/fuzz-dpkg \
	tests/fuzz/fuzz-repomd \
	tests/fuzz/fuzz-metalink \
	tests/fuzz/fuzz-ez \
	tests/fuzz/fuzz-keyring \
	tests/fuzz/fuzz-signer \
	tests/fuzz/fuzz-modules \
	tests/fuzz/fuzz-records \
	tests/fuzz/fuzz-rpmdb \
	tests/fuzz/fuzz-stanzas \
	tests/fuzz/fuzz-changelog
fuzz_programs += tests/fuzz/fuzz-layer tests/fuzz/fuzz-oci-image tests/fuzz/fuzz-parcel tests/fuzz/fuzz-registry tests/fuzz/fuzz-backup
check_PROGRAMS += $(fuzz_programs)
if FUZZ
fuzz_main =
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
else
fuzz_main = tests/fuzz/replay.c
fuzz_ldflags = $(AM_LDFLAGS)
fuzz_tests += $(fuzz_programs)
endif
EXTRA_DIST += tests/fuzz/replay.c tests/fuzz/corpus

tests_fuzz_fuzz_plan_SOURCES = tests/fuzz/fuzz-plan.c $(fuzz_main)
tests_fuzz_fuzz_plan_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_plan_LDADD = $(RESOLVER_LIBS)

tests_fuzz_fuzz_recipe_SOURCES = tests/fuzz/fuzz-recipe.c $(fuzz_main)
tests_fuzz_fuzz_recipe_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_recipe_LDADD = $(RESOLVER_LIBS)

tests_fuzz_fuzz_mirrors_SOURCES = tests/fuzz/fuzz-mirrors.c $(fuzz_main)
tests_fuzz_fuzz_mirrors_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_mirrors_LDADD = $(RESOLVER_LIBS)

tests_fuzz_fuzz_control_SOURCES = tests/fuzz/fuzz-control.c $(fuzz_main)
tests_fuzz_fuzz_control_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_control_LDADD = $(SHIM_LIBS)

tests_fuzz_fuzz_deb_SOURCES = tests/fuzz/fuzz-deb.c tests/fuzz/ingest.h $(fuzz_main)
tests_fuzz_fuzz_deb_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_deb_LDADD = $(STORE_LIBS)

tests_fuzz_fuzz_rpm_SOURCES = tests/fuzz/fuzz-rpm.c tests/fuzz/ingest.h $(fuzz_main)
tests_fuzz_fuzz_rpm_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_rpm_LDADD = $(STORE_LIBS)

tests_fuzz_fuzz_tar_SOURCES = tests/fuzz/fuzz-tar.c tests/fuzz/ingest.h tests/fuzz/repair.h $(fuzz_main)
tests_fuzz_fuzz_tar_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_tar_LDADD = $(STORE_LIBS)

tests_fuzz_fuzz_record_SOURCES = tests/fuzz/fuzz-record.c $(fuzz_main)
tests_fuzz_fuzz_record_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_record_LDADD = $(STORE_LIBS)

tests_fuzz_fuzz_dump_SOURCES = tests/fuzz/fuzz-dump.c $(fuzz_main)
tests_fuzz_fuzz_dump_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_dump_LDADD = libstore.a $(BASE_LIBS)

tests_fuzz_fuzz_image_SOURCES = tests/fuzz/fuzz-image.c $(fuzz_main)
tests_fuzz_fuzz_image_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_image_LDADD = libstore.a $(BASE_LIBS)

tests_fuzz_fuzz_manifest_SOURCES = tests/fuzz/fuzz-manifest.c $(fuzz_main)
tests_fuzz_fuzz_manifest_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_manifest_LDADD = $(STORE_LIBS)

tests_fuzz_fuzz_env_SOURCES = tests/fuzz/fuzz-env.c tests/fuzz/checksum.h $(fuzz_main)
tests_fuzz_fuzz_env_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_env_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_env_LDADD = $(LINK_LIBS)

tests_fuzz_fuzz_journal_SOURCES = tests/fuzz/fuzz-journal.c tests/fuzz/checksum.h $(fuzz_main)
tests_fuzz_fuzz_journal_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_journal_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_journal_LDADD = $(LINK_LIBS)

tests_fuzz_fuzz_network_SOURCES = tests/fuzz/fuzz-network.c $(fuzz_main)
tests_fuzz_fuzz_network_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_network_LDADD = $(RESOLVER_LIBS)

tests_fuzz_fuzz_settings_SOURCES = tests/fuzz/fuzz-settings.c $(fuzz_main)
tests_fuzz_fuzz_settings_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_settings_LDADD = $(LINK_LIBS)

tests_fuzz_fuzz_release_SOURCES = tests/fuzz/fuzz-release.c $(fuzz_main)
tests_fuzz_fuzz_release_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_release_LDADD = $(RESOLVER_LIBS)

tests_fuzz_fuzz_packages_SOURCES = tests/fuzz/fuzz-packages.c $(fuzz_main)
tests_fuzz_fuzz_packages_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_packages_LDADD = $(RESOLVER_LIBS)

tests_fuzz_fuzz_dpkg_SOURCES = tests/fuzz/fuzz-dpkg.c $(fuzz_main)
tests_fuzz_fuzz_dpkg_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_dpkg_LDADD = $(BUILDER_LIBS)

tests_fuzz_fuzz_repomd_SOURCES = tests/fuzz/fuzz-repomd.c $(fuzz_main)
tests_fuzz_fuzz_repomd_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_repomd_LDADD = $(RESOLVER_LIBS)

tests_fuzz_fuzz_metalink_SOURCES = tests/fuzz/fuzz-metalink.c $(fuzz_main)
tests_fuzz_fuzz_metalink_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_metalink_LDADD = $(RESOLVER_LIBS)

tests_fuzz_fuzz_ez_SOURCES = tests/fuzz/fuzz-ez.c $(fuzz_main)
tests_fuzz_fuzz_ez_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_ez_LDADD = $(RESOLVER_LIBS)

tests_fuzz_fuzz_keyring_SOURCES = tests/fuzz/fuzz-keyring.c $(fuzz_main)
tests_fuzz_fuzz_keyring_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_keyring_LDADD = $(RESOLVER_LIBS)

tests_fuzz_fuzz_signer_SOURCES = tests/fuzz/fuzz-signer.c $(fuzz_main)
tests_fuzz_fuzz_signer_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_signer_LDADD = $(RESOLVER_LIBS)

tests_fuzz_fuzz_modules_SOURCES = tests/fuzz/fuzz-modules.c $(fuzz_main)
tests_fuzz_fuzz_modules_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_modules_LDADD = $(RESOLVER_LIBS)

tests_fuzz_fuzz_records_SOURCES = tests/fuzz/fuzz-records.c $(fuzz_main)
tests_fuzz_fuzz_records_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_records_LDADD = $(BUILDER_LIBS)

tests_fuzz_fuzz_rpmdb_SOURCES = tests/fuzz/fuzz-rpmdb.c $(fuzz_main)
tests_fuzz_fuzz_rpmdb_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_rpmdb_LDADD = $(BUILDER_LIBS)

tests_fuzz_fuzz_stanzas_SOURCES = tests/fuzz/fuzz-stanzas.c $(fuzz_main)
tests_fuzz_fuzz_stanzas_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_stanzas_LDADD = $(BUILDER_LIBS)

tests_fuzz_fuzz_changelog_SOURCES = tests/fuzz/fuzz-changelog.c $(fuzz_main)
tests_fuzz_fuzz_changelog_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_changelog_LDADD = $(BUILDER_LIBS)

tests_fuzz_fuzz_backup_SOURCES = tests/fuzz/fuzz-backup.c tests/fuzz/ingest.h $(fuzz_main)
tests_fuzz_fuzz_backup_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_backup_LDADD = $(SHARE_LIBS)

tests_fuzz_fuzz_parcel_SOURCES = tests/fuzz/fuzz-parcel.c tests/fuzz/ingest.h $(fuzz_main)
tests_fuzz_fuzz_parcel_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_parcel_LDADD = $(SHARE_LIBS)

tests_fuzz_fuzz_registry_SOURCES = tests/fuzz/fuzz-registry.c $(fuzz_main)
tests_fuzz_fuzz_registry_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_registry_LDADD = $(SHARE_LIBS)

tests_fuzz_fuzz_layer_SOURCES = tests/fuzz/fuzz-layer.c tests/fuzz/ingest.h tests/fuzz/repair.h $(fuzz_main)
tests_fuzz_fuzz_layer_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_layer_LDADD = $(SHARE_LIBS)

tests_fuzz_fuzz_oci_image_SOURCES = tests/fuzz/fuzz-oci-image.c $(fuzz_main)
tests_fuzz_fuzz_oci_image_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_oci_image_LDADD = $(SHARE_LIBS)

FUZZ_SECONDS = 60
.PHONY: fuzz
fuzz: $(fuzz_programs)
if FUZZ
	@set -e; for program in $(fuzz_programs); do \
		name=$${program##*/fuzz-}; mkdir -p tests/fuzz/found/$$name; \
		./$$program -max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=2048 \
			-artifact_prefix=tests/fuzz/found/$$name- tests/fuzz/found/$$name \
			$(srcdir)/tests/fuzz/corpus/$$name >tests/fuzz/found/$$name.log 2>&1 || \
			{ tail -n 40 tests/fuzz/found/$$name.log; echo "$$name: found something"; exit 1; }; \
		echo "$$name: $$(grep ^Done tests/fuzz/found/$$name.log)"; \
	done
else
	@echo "make fuzz needs ./configure --enable-fuzz CC=clang CXX=clang++" >&2; exit 1
endif

# in the order in which they are best begun: the long ones first
flow_tests += \
	tests/flow/52-rpm-build.sh \
	tests/flow/53-rpm-scripts.sh \
	tests/flow/54-rpm-order.sh \
	tests/flow/57-rpm-serving.sh \
	tests/flow/30-interrupt.sh \
	tests/flow/22-same.sh \
	tests/flow/26-thousand.sh \
	tests/flow/20-build.sh \
	tests/flow/21-scripts.sh \
	tests/flow/32-full-disk.sh \
	tests/flow/40-archive.sh \
	tests/flow/24-environments.sh \
	tests/flow/34-together.sh \
	tests/flow/60-live.sh \
	tests/flow/61-applications.sh \
	tests/flow/62-runtime.sh \
	tests/flow/63-ids.sh \
	tests/flow/63-other-tools.sh \
	tests/flow/64-serving.sh \
	tests/flow/65-merges.sh \
	tests/flow/66-sequences.sh \
	tests/flow/67-hostile.sh \
	tests/flow/68-posix.sh \
	tests/flow/69-capture.sh \
	tests/flow/28-images.sh \
	tests/flow/15-repository-attacks.sh \
	tests/flow/16-trust.sh \
	tests/flow/17-hostile-packages.sh \
	tests/flow/15-places.sh \
	tests/flow/18-download.sh \
	tests/flow/19-faulty-server.sh \
	tests/flow/80-clean.sh \
	tests/flow/83-repair.sh \
	tests/flow/82-verify.sh \
	tests/flow/90-faults.sh \
	tests/flow/81-df.sh \
	tests/flow/14-resolve.sh \
	tests/flow/50-rpm-trust.sh \
	tests/flow/51-rpm-mirrors.sh \
	tests/flow/55-rpm-metadata.sh \
	tests/flow/56-both-families.sh \
	tests/flow/70-difference.sh \
	tests/flow/71-security.sh \
	tests/flow/73-auto-update.sh \
	tests/flow/74-schedule.sh \
	tests/flow/75-year.sh \
	tests/flow/12-recipes.sh \
	tests/flow/13-ez.sh \
	tests/flow/10-command-line.sh
dist_check_SCRIPTS += $(flow_tests)

lint_tests += tests/lint/scripts.sh tests/lint/manual.sh
dist_check_SCRIPTS += tests/lint/scripts.sh tests/lint/manual.sh

# A year of scheduled updates, of which `make check` takes the first days.
.PHONY: check-year
check-year:
	VZ_YEAR_DAYS=365 VZ_YEAR_ENVS=20 $(MAKE) $(AM_MAKEFLAGS) check TESTS=tests/flow/75-year.sh

# What hurts commands (tests/flow/90-faults.sh), and what watches them (tests/flow/17-hostile-packages.sh).
check_PROGRAMS += tests/fault/fault tests/fault/watch
tests_fault_fault_SOURCES = tests/fault/fault.c tests/fault/calls.h tests/fault/trace.c tests/fault/trace.h
tests_fault_fault_CFLAGS = -std=gnu17 $(WARN_CFLAGS)
tests_fault_watch_SOURCES = tests/fault/watch.c tests/fault/trace.c tests/fault/trace.h
tests_fault_watch_CFLAGS = -std=gnu17 $(WARN_CFLAGS)
EXTRA_DIST += tests/fault/memory.c
check_DATA = tests/fault/memory.so
CLEANFILES += tests/fault/memory.so
tests/fault/memory.so: tests/fault/memory.c
	$(AM_V_CC)$(MKDIR_P) tests/fault && $(CC) -std=gnu17 $(WARN_CFLAGS) -O2 -shared -fPIC -fno-builtin -o $@ $(srcdir)/tests/fault/memory.c

# At every system call and allocation: hours.
.PHONY: faults
faults: $(check_PROGRAMS) $(check_DATA)
	FAULT_POINTS=all $(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS=tests/flow/90-faults.sh SH_LOG_COMPILER=bash
	@tail -n 3 tests/flow/90-faults.log

# The unit tests and fuzz replays alone.
.PHONY: check-unit
check-unit:
	$(MAKE) $(AM_MAKEFLAGS) check flow_tests= lint_tests=

clean-local:
	rm -rf tests/tmp tests/fuzz/found
