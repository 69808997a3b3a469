# store: objects, trees, packages, records, manifests, images. Uses base and shim.
noinst_LIBRARIES += libstore.a
libstore_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(ZLIB_CFLAGS)
libstore_a_SOURCES = \
	store/tree.h store/dump.h store/image.h store/store.h store/object.h store/record.h store/ingest.h store/manifest.h
# trees, dumps, images
libstore_a_SOURCES += \
	store/arena.c store/arena.h store/tree.c store/node.c store/tree_compare.c store/tree_compare.h store/tree_path.c store/dump.c store/dump_read.c \
	store/image.c store/image_read.c store/image_dir.c store/image_layout.h store/image_xattr.c store/erofs.h

unit_tests += tests/unit/test-tree
check_PROGRAMS += tests/unit/test-tree
tests_unit_test_tree_SOURCES = tests/unit/test-tree.c tests/unit/unit.h
tests_unit_test_tree_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_tree_LDADD = libstore.a $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-dump
check_PROGRAMS += tests/unit/test-dump
tests_unit_test_dump_SOURCES = tests/unit/test-dump.c tests/unit/unit.h tests/unit/vectors.h
tests_unit_test_dump_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(ZLIB_CFLAGS)
tests_unit_test_dump_LDADD = libstore.a $(BASE_LIBS) $(CHECK_LIBS) $(ZLIB_LIBS)

unit_tests += tests/unit/test-image
check_PROGRAMS += tests/unit/test-image
tests_unit_test_image_SOURCES = tests/unit/test-image.c tests/unit/unit.h tests/unit/vectors.h
tests_unit_test_image_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(ZLIB_CFLAGS)
tests_unit_test_image_LDADD = libstore.a $(BASE_LIBS) $(CHECK_LIBS) $(ZLIB_LIBS)

unit_tests += tests/unit/test-image-read
check_PROGRAMS += tests/unit/test-image-read
tests_unit_test_image_read_SOURCES = tests/unit/test-image-read.c tests/unit/unit.h tests/unit/vectors.h
tests_unit_test_image_read_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(ZLIB_CFLAGS)
tests_unit_test_image_read_LDADD = libstore.a $(BASE_LIBS) $(CHECK_LIBS) $(ZLIB_LIBS)

unit_tests += tests/unit/test-image-fsck
check_PROGRAMS += tests/unit/test-image-fsck
tests_unit_test_image_fsck_SOURCES = tests/unit/test-image-fsck.c tests/unit/unit.h tests/unit/vectors.h tests/unit/scratch.h
tests_unit_test_image_fsck_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(ZLIB_CFLAGS)
tests_unit_test_image_fsck_LDADD = libstore.a $(BASE_LIBS) $(CHECK_LIBS) $(ZLIB_LIBS)

# the store, objects
libstore_a_SOURCES += store/recover.c store/recover.h store/store.c store/object.c
# packages, records
libstore_a_SOURCES += store/tar.c store/tar.h store/tar_pax.c store/tar_pax.h store/package.h store/package_deb.c store/package_rpm.c \
	store/ingest.c store/record.c store/sink.c store/sink.h
# documents, manifests
libstore_a_SOURCES += store/document.c store/document.h store/manifest.c store/manifest_json.c store/plans.c store/plans.h store/gzip.c store/gzip.h
libstore_a_SOURCES += store/ledger.c store/ledger.h store/reference.c store/reference.h store/outcome.c store/outcome.h
# keeping it
libstore_a_SOURCES += store/live.c store/live.h store/gc.c store/gc.h store/gc_objects.c store/gc_objects.h \
	store/reserve.c store/reserve.h
libstore_a_SOURCES += store/findings.c store/findings.h store/verify.c store/verify.h store/verify_objects.c \
	store/verify_parts.h store/verify_templates.c
libstore_a_SOURCES += store/verdict.c store/verdict.h
libstore_a_SOURCES += store/pending.c store/pending.h

unit_tests += tests/unit/test-pending
check_PROGRAMS += tests/unit/test-pending
tests_unit_test_pending_SOURCES = tests/unit/test-pending.c tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_pending_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_pending_LDADD = $(STORE_LIBS) $(CHECK_LIBS)
unit_tests += tests/unit/test-verdict
check_PROGRAMS += tests/unit/test-verdict
tests_unit_test_verdict_SOURCES = tests/unit/test-verdict.c tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_verdict_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_verdict_LDADD = $(STORE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-store
check_PROGRAMS += tests/unit/test-store
tests_unit_test_store_SOURCES = tests/unit/test-store.c tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_store_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_store_LDADD = $(STORE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-object
check_PROGRAMS += tests/unit/test-object
tests_unit_test_object_SOURCES = tests/unit/test-object.c tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_object_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_object_LDADD = $(STORE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-tar
check_PROGRAMS += tests/unit/test-tar
tests_unit_test_tar_SOURCES = tests/unit/test-tar.c tests/unit/unit.h tests/unit/archive.h
tests_unit_test_tar_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_tar_LDADD = libstore.a $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-tar-pax
check_PROGRAMS += tests/unit/test-tar-pax
tests_unit_test_tar_pax_SOURCES = tests/unit/test-tar-pax.c tests/unit/unit.h tests/unit/archive.h
tests_unit_test_tar_pax_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_tar_pax_LDADD = libstore.a $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-ingest
check_PROGRAMS += tests/unit/test-ingest
tests_unit_test_ingest_SOURCES = tests/unit/test-ingest.c tests/unit/unit.h tests/unit/debfile.h tests/unit/archive.h tests/unit/scratch.h
tests_unit_test_ingest_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_ingest_LDADD = $(STORE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-package-rpm
check_PROGRAMS += tests/unit/test-package-rpm
tests_unit_test_package_rpm_SOURCES = \
	tests/unit/test-package-rpm.c tests/unit/rpmfile.h tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_package_rpm_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_package_rpm_LDADD = $(STORE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-hostile
check_PROGRAMS += tests/unit/test-hostile
tests_unit_test_hostile_SOURCES = \
	tests/unit/test-hostile.c tests/unit/debattacks.h tests/unit/debfile.h tests/unit/archive.h \
	tests/unit/rpmattacks.h tests/unit/rpmfile.h tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_hostile_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_hostile_LDADD = $(STORE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-plans
check_PROGRAMS += tests/unit/test-plans
tests_unit_test_plans_SOURCES = tests/unit/test-plans.c tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_plans_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_plans_LDADD = $(STORE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-record
check_PROGRAMS += tests/unit/test-record
tests_unit_test_record_SOURCES = tests/unit/test-record.c tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_record_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_record_LDADD = $(STORE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-manifest
check_PROGRAMS += tests/unit/test-manifest
tests_unit_test_manifest_SOURCES = tests/unit/test-manifest.c tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_manifest_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(ZLIB_CFLAGS)
tests_unit_test_manifest_LDADD = $(STORE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-document
check_PROGRAMS += tests/unit/test-document
tests_unit_test_document_SOURCES = tests/unit/test-document.c tests/unit/unit.h
tests_unit_test_document_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_document_LDADD = $(STORE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-outcome
check_PROGRAMS += tests/unit/test-outcome
tests_unit_test_outcome_SOURCES = tests/unit/test-outcome.c tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_outcome_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_outcome_LDADD = $(STORE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-reference
check_PROGRAMS += tests/unit/test-reference
tests_unit_test_reference_SOURCES = tests/unit/test-reference.c tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_reference_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_reference_LDADD = $(STORE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-tree-compare
check_PROGRAMS += tests/unit/test-tree-compare
tests_unit_test_tree_compare_SOURCES = tests/unit/test-tree-compare.c tests/unit/trees.h tests/unit/unit.h
tests_unit_test_tree_compare_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_tree_compare_LDADD = libstore.a $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-gzip
check_PROGRAMS += tests/unit/test-gzip
tests_unit_test_gzip_SOURCES = tests/unit/test-gzip.c tests/unit/unit.h
tests_unit_test_gzip_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gzip_LDADD = libstore.a $(BASE_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-ledger
check_PROGRAMS += tests/unit/test-ledger
tests_unit_test_ledger_SOURCES = tests/unit/test-ledger.c tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_ledger_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_ledger_LDADD = $(STORE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-live
check_PROGRAMS += tests/unit/test-live
tests_unit_test_live_SOURCES = tests/unit/test-live.c tests/unit/keep.h tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_live_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_live_LDADD = $(STORE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-gc
check_PROGRAMS += tests/unit/test-gc
tests_unit_test_gc_SOURCES = tests/unit/test-gc.c tests/unit/keep.h tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_gc_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_LDADD = $(STORE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-reserve
check_PROGRAMS += tests/unit/test-reserve
tests_unit_test_reserve_SOURCES = tests/unit/test-reserve.c tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_reserve_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_reserve_LDADD = $(STORE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-findings
check_PROGRAMS += tests/unit/test-findings
tests_unit_test_findings_SOURCES = tests/unit/test-findings.c tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_findings_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_findings_LDADD = $(STORE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-verify
check_PROGRAMS += tests/unit/test-verify
tests_unit_test_verify_SOURCES = tests/unit/test-verify.c tests/unit/keep.h tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_verify_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_verify_LDADD = $(STORE_LIBS) $(CHECK_LIBS)
