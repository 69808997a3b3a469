# builder: the build pipeline. Uses all rooms but vzpkg.
noinst_LIBRARIES += libbuilder.a
libbuilder_a_SOURCES = \
	builder/build.c builder/build.h builder/composition.c builder/composition.h \
	builder/inside.c builder/inside.h builder/move.c builder/move.h builder/trees.c builder/trees.h \
	builder/intake.c builder/intake.h \
	builder/package_file.c builder/package_file.h \
	builder/presence.c builder/presence.h \
	builder/publish.c builder/publish.h builder/stage.c builder/stage.h
# updates that run by themselves
libbuilder_a_SOURCES += \
	builder/auto.c builder/auto.h builder/auto_envs.c builder/auto_log.c builder/auto_log.h builder/auto_move.c \
	builder/auto_forecast.c builder/auto_run.h builder/auto_templates.c builder/checks.c builder/trial.c builder/trial.h
# what changed, and why
libbuilder_a_SOURCES += builder/drift.c builder/drift.h
libbuilder_a_SOURCES += \
	builder/changelog.c builder/changelog.h builder/changelog_deb.c builder/changelog_rpm.c \
	builder/difference.c builder/difference.h
# packages' trees become one
libbuilder_a_SOURCES += \
	builder/claim.h builder/claim_deb.c builder/claim_rpm.c builder/compose.c builder/compose.h builder/content.c builder/content.h \
	builder/dpkg.c builder/dpkg.h builder/waiting.c builder/waiting.h
libbuilder_a_SOURCES += builder/sources.c builder/sources.h builder/sources_deb.c
# an upper directory becomes a tree
libbuilder_a_SOURCES += builder/capture.c builder/capture.h builder/inode.c builder/inode.h builder/overlay.c builder/overlay.h
libbuilder_a_SOURCES += builder/seal.c builder/seal.h
# what was installed inside becomes an application
libbuilder_a_SOURCES += \
	builder/inventory.c builder/inventory.h builder/inventory_deb.c builder/inventory_rpm.c \
	builder/recording.c builder/recording.h builder/recording_apply.c builder/recording_make.c builder/recording_place.c \
	builder/recording_place.h builder/recording_rules.c
# maintainer scripts
libbuilder_a_SOURCES += \
	builder/configure.c builder/configure.h builder/configure_deb.c builder/configure_deb.h \
	builder/configure_deb_driver.c builder/configure_deb_run.c builder/configure_deb_settle.c \
	builder/configure_deb_preinst.c \
	builder/configure_deb_tools.c builder/configure_deb_triggers.c builder/listen.c builder/listen.h \
	builder/sweep.c builder/sweep.h
libbuilder_a_SOURCES += \
	builder/configure_rpm.c builder/configure_rpm.h builder/configure_rpm_lua.c builder/configure_rpm_run.c \
	builder/configure_rpm_settle.c builder/configure_rpm_users.c builder/rpm_steps.c builder/rpm_steps.h

# users and groups keep their ids
libbuilder_a_SOURCES += builder/ids.c builder/ids.h builder/ids_map.c
# what a move merges
libbuilder_a_SOURCES += \
	builder/merge.c builder/merge.h builder/merge_deb.c builder/merge_deb.h builder/merge_deb_status.c builder/merge_file.c \
	builder/merge_made.c builder/merge_packages.c builder/merge_packages.h builder/merge_records.c builder/merge_rpm.c \
	builder/merge_texts.c builder/merging.c builder/merging.h builder/records.c builder/records.h builder/stanzas.c \
	builder/stanzas.h builder/survey.c builder/survey.h builder/survey_place.c builder/units.c builder/units.h

# RPM's database and headers
libbuilder_a_CFLAGS = $(AM_CFLAGS) $(RPM_CFLAGS)
libbuilder_a_SOURCES += \
	builder/cell.c builder/cell.h builder/rpm_header.c builder/rpm_header.h builder/rpmdb.c builder/rpmdb.h \
	builder/rpmdb_ndb.c builder/rpmdb_outline.c builder/rpmdb_outline.h \
	builder/rpmdb_sqlite.c

unit_tests += tests/unit/test-rpmdb
check_PROGRAMS += tests/unit/test-rpmdb
tests_unit_test_rpmdb_SOURCES = tests/unit/test-rpmdb.c tests/unit/scratch.h tests/unit/trees.h tests/unit/unit.h
tests_unit_test_rpmdb_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(RPM_CFLAGS)
tests_unit_test_rpmdb_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-auto-log
check_PROGRAMS += tests/unit/test-auto-log
tests_unit_test_auto_log_SOURCES = tests/unit/test-auto-log.c tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_auto_log_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_auto_log_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-overlay
check_PROGRAMS += tests/unit/test-overlay
tests_unit_test_overlay_SOURCES = tests/unit/test-overlay.c tests/unit/trees.h tests/unit/unit.h
tests_unit_test_overlay_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_overlay_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-capture
check_PROGRAMS += tests/unit/test-capture
tests_unit_test_capture_SOURCES = tests/unit/test-capture.c tests/unit/scratch.h tests/unit/trees.h tests/unit/unit.h
tests_unit_test_capture_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_capture_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-recording
check_PROGRAMS += tests/unit/test-recording
tests_unit_test_recording_SOURCES = tests/unit/test-recording.c tests/unit/scratch.h tests/unit/trees.h tests/unit/unit.h
tests_unit_test_recording_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_recording_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-dpkg
check_PROGRAMS += tests/unit/test-dpkg
tests_unit_test_dpkg_SOURCES = tests/unit/test-dpkg.c tests/unit/unit.h
tests_unit_test_dpkg_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_dpkg_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-compose
check_PROGRAMS += tests/unit/test-compose
tests_unit_test_compose_SOURCES = tests/unit/test-compose.c tests/unit/scratch.h tests/unit/trees.h tests/unit/unit.h
tests_unit_test_compose_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_compose_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-claim-rpm
check_PROGRAMS += tests/unit/test-claim-rpm
tests_unit_test_claim_rpm_SOURCES = \
	tests/unit/test-claim-rpm.c tests/unit/rpmfile.h tests/unit/scratch.h tests/unit/trees.h tests/unit/unit.h
tests_unit_test_claim_rpm_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_claim_rpm_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-sources
check_PROGRAMS += tests/unit/test-sources
tests_unit_test_sources_SOURCES = \
	tests/unit/test-sources.c tests/unit/gpg.h tests/unit/scratch.h tests/unit/trees.h tests/unit/unit.h
tests_unit_test_sources_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_sources_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-configure
check_PROGRAMS += tests/unit/test-configure
tests_unit_test_configure_SOURCES = \
	tests/unit/test-configure.c tests/unit/root.h tests/unit/scratch.h tests/unit/trees.h tests/unit/unit.h
tests_unit_test_configure_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_configure_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-rpm-steps
check_PROGRAMS += tests/unit/test-rpm-steps
tests_unit_test_rpm_steps_SOURCES = tests/unit/test-rpm-steps.c tests/unit/unit.h
tests_unit_test_rpm_steps_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_rpm_steps_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-configure-rpm
check_PROGRAMS += tests/unit/test-configure-rpm
tests_unit_test_configure_rpm_SOURCES = \
	tests/unit/test-configure-rpm.c tests/unit/root.h tests/unit/rpm.h tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_configure_rpm_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(RPM_CFLAGS)
tests_unit_test_configure_rpm_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-records
check_PROGRAMS += tests/unit/test-records
tests_unit_test_records_SOURCES = tests/unit/test-records.c tests/unit/cases.h tests/unit/unit.h
tests_unit_test_records_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_records_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-survey
check_PROGRAMS += tests/unit/test-survey
tests_unit_test_survey_SOURCES = \
	tests/unit/test-survey.c tests/unit/private.h tests/unit/scratch.h tests/unit/trees.h tests/unit/unit.h
tests_unit_test_survey_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_survey_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-merge
check_PROGRAMS += tests/unit/test-merge
tests_unit_test_merge_SOURCES = \
	tests/unit/test-merge.c tests/unit/cases.h tests/unit/private.h tests/unit/scratch.h tests/unit/trees.h tests/unit/unit.h
tests_unit_test_merge_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_merge_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-stanzas
check_PROGRAMS += tests/unit/test-stanzas
tests_unit_test_stanzas_SOURCES = tests/unit/test-stanzas.c tests/unit/unit.h
tests_unit_test_stanzas_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_stanzas_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-changelog
check_PROGRAMS += tests/unit/test-changelog
tests_unit_test_changelog_SOURCES = tests/unit/test-changelog.c tests/unit/rpmfile.h tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_changelog_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_changelog_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-ids
check_PROGRAMS += tests/unit/test-ids
tests_unit_test_ids_SOURCES = tests/unit/test-ids.c tests/unit/scratch.h tests/unit/trees.h tests/unit/unit.h
tests_unit_test_ids_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_ids_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-merge-rpm
check_PROGRAMS += tests/unit/test-merge-rpm
tests_unit_test_merge_rpm_SOURCES = \
	tests/unit/test-merge-rpm.c tests/unit/private.h tests/unit/rpm.h tests/unit/scratch.h tests/unit/trees.h tests/unit/unit.h
tests_unit_test_merge_rpm_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(RPM_CFLAGS)
tests_unit_test_merge_rpm_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-intake
check_PROGRAMS += tests/unit/test-intake
tests_unit_test_intake_SOURCES = tests/unit/test-intake.c tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_intake_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_intake_LDADD = $(BUILDER_LIBS) $(CHECK_LIBS)
