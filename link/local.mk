# link: mounts, entering, environments. Uses store and base.
noinst_LIBRARIES += liblink.a
liblink_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
liblink_a_SOURCES = \
	link/bundle.c link/bundle.h link/cgroups.c link/cgroups.h \
	link/apply.c link/apply.h link/composition.c link/composition.h link/confine.c link/confine.h link/copy.c link/copy.h link/enter.c link/enter.h \
	link/env.c link/env.h link/env_clone.c link/env_exec.c link/env_json.c link/env_keep.c link/env_mount.c link/env_mount.h link/env_move.c link/env_put.c link/env_record.c link/env_record.h link/env_seal.c \
	link/env_turn.c link/env_turn.h link/env_undo.c link/env_undo.h link/env_verify.c link/fs.c link/fs.h \
	link/identity.c link/identity.h link/init.c link/init.h \
	link/inject.c link/inject.h link/journal.c link/journal.h link/mount.c link/mount.h link/mountinfo.c link/mountinfo.h \
	link/oci.c link/oci.h link/quiesce.c link/quiesce.h link/remap.c link/remap.h link/running.c link/running.h \
	link/runtime.c link/runtime.h link/runtime_exec.c link/runtime_stop.c link/settings.c link/settings.h link/settings_set.c link/stale.c link/stale.h \
	link/upper.c link/upper.h link/upper_file.c link/upper_file.h link/view.c link/view.h

unit_tests += tests/unit/test-mount
check_PROGRAMS += tests/unit/test-mount
tests_unit_test_mount_SOURCES = tests/unit/test-mount.c tests/unit/root.h tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_mount_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_mount_LDADD = $(LINK_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-copy
check_PROGRAMS += tests/unit/test-copy
tests_unit_test_copy_SOURCES = tests/unit/test-copy.c tests/unit/root.h tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_copy_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_copy_LDADD = $(LINK_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-enter
check_PROGRAMS += tests/unit/test-enter
tests_unit_test_enter_SOURCES = tests/unit/test-enter.c tests/unit/root.h tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_enter_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_enter_LDADD = $(LINK_LIBS) $(CHECK_LIBS) -lutil
EXTRA_tests_unit_test_enter_DEPENDENCIES = tests/unit/attacks

unit_tests += tests/unit/test-env
check_PROGRAMS += tests/unit/test-env
tests_unit_test_env_SOURCES = tests/unit/test-env.c tests/unit/root.h tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_env_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_env_LDADD = $(LINK_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-settings
check_PROGRAMS += tests/unit/test-settings
tests_unit_test_settings_SOURCES = tests/unit/test-settings.c tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_settings_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_settings_LDADD = $(LINK_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-bundle
check_PROGRAMS += tests/unit/test-bundle
tests_unit_test_bundle_SOURCES = tests/unit/test-bundle.c tests/unit/unit.h
tests_unit_test_bundle_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_bundle_LDADD = $(LINK_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-cgroups
check_PROGRAMS += tests/unit/test-cgroups
tests_unit_test_cgroups_SOURCES = tests/unit/test-cgroups.c tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_cgroups_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_cgroups_LDADD = $(LINK_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-identity
check_PROGRAMS += tests/unit/test-identity
tests_unit_test_identity_SOURCES = tests/unit/test-identity.c tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_identity_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_identity_LDADD = $(LINK_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-oci
check_PROGRAMS += tests/unit/test-oci
tests_unit_test_oci_SOURCES = tests/unit/test-oci.c tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_oci_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_oci_LDADD = $(LINK_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-running
check_PROGRAMS += tests/unit/test-running
tests_unit_test_running_SOURCES = tests/unit/test-running.c tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_running_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_running_LDADD = $(LINK_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-upper
check_PROGRAMS += tests/unit/test-upper
tests_unit_test_upper_SOURCES = tests/unit/test-upper.c tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_upper_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_upper_LDADD = $(LINK_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-journal
check_PROGRAMS += tests/unit/test-journal
tests_unit_test_journal_SOURCES = tests/unit/test-journal.c tests/unit/unit.h
tests_unit_test_journal_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_journal_LDADD = $(LINK_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-upper-file
check_PROGRAMS += tests/unit/test-upper-file
tests_unit_test_upper_file_SOURCES = tests/unit/test-upper-file.c tests/unit/root.h tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_upper_file_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_upper_file_LDADD = $(LINK_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-env-move
check_PROGRAMS += tests/unit/test-env-move
tests_unit_test_env_move_SOURCES = tests/unit/test-env-move.c tests/unit/moving.h tests/unit/root.h tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_env_move_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_env_move_LDADD = $(LINK_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-env-turn
check_PROGRAMS += tests/unit/test-env-turn
tests_unit_test_env_turn_SOURCES = tests/unit/test-env-turn.c tests/unit/killed.h tests/unit/moving.h tests/unit/root.h tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_env_turn_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_env_turn_LDADD = $(LINK_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-remap
check_PROGRAMS += tests/unit/test-remap
tests_unit_test_remap_SOURCES = tests/unit/test-remap.c tests/unit/root.h tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_remap_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_remap_LDADD = $(LINK_LIBS) $(CHECK_LIBS)

# runs inside, where there is no other library
check_PROGRAMS += tests/unit/attacks
tests_unit_attacks_SOURCES = tests/unit/attacks.c
tests_unit_attacks_CFLAGS = -std=gnu17 $(WARN_CFLAGS)
tests_unit_attacks_LDFLAGS = -static

unit_tests += tests/unit/test-env-keep
check_PROGRAMS += tests/unit/test-env-keep
tests_unit_test_env_keep_SOURCES = tests/unit/test-env-keep.c tests/unit/root.h tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_env_keep_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_env_keep_LDADD = $(LINK_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-env-verify
check_PROGRAMS += tests/unit/test-env-verify
tests_unit_test_env_verify_SOURCES = tests/unit/test-env-verify.c tests/unit/root.h tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_env_verify_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_env_verify_LDADD = $(LINK_LIBS) $(CHECK_LIBS)
