# share: what hosts and other tools exchange. Uses all rooms but vzpkg.
noinst_LIBRARIES += libshare.a
libshare_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(ZLIB_CFLAGS) $(ZSTD_CFLAGS)
# bytes on their way out
libshare_a_SOURCES = \
	share/blob.c share/blob.h share/pack.c share/pack.h share/pack_gzip.c share/pack_zstd.c share/target.c share/target.h
# what comes in
libshare_a_SOURCES += \
	share/adopt.c share/adopt.h share/arrival.c share/arrival.h share/blob_read.c share/import.c share/import.h \
	share/import_composefs.c share/import_forms.h share/import_oci.c share/layout_read.c share/rootfs.c share/rootfs.h \
	share/vet.c share/vet.h
# trees as archives
libshare_a_SOURCES += \
	share/archive.c share/archive.h share/difference.c share/difference.h share/layers.c share/layers.h
# exports
libshare_a_SOURCES += \
	share/export.c share/export.h share/export_composefs.c share/layout.c share/layout.h \
	share/oci_image.c share/oci_image.h share/oci_image_read.c share/oci_image_write.c share/subject.c share/subject.h
# what was installed in an environment
libshare_a_SOURCES += share/application.c share/application.h
# parcels, and registries
libshare_a_SOURCES += \
	share/artifact.h share/artifact_sign.c share/parcel.c share/parcel.h share/parcel_read.c share/credentials.c \
	share/credentials.h share/pull.c share/push.c share/registry.c share/registry.h share/registry_auth.c \
	share/registry_auth.h share/registry_call.c share/registry_call.h share/registry_name.c share/registry_name.h \
	share/signature.c share/signature.h share/signature_text.c
# backups
libshare_a_SOURCES += \
	share/backup.c share/backup.h share/migrate.c share/migrate.h share/restore.c share/restore_read.c share/restore_read.h share/supply.c share/supply.h

unit_tests += tests/unit/test-pack
check_PROGRAMS += tests/unit/test-pack
tests_unit_test_pack_SOURCES = tests/unit/test-pack.c tests/unit/unit.h
tests_unit_test_pack_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(ZLIB_CFLAGS) $(ZSTD_CFLAGS)
tests_unit_test_pack_LDADD = $(SHARE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-target
check_PROGRAMS += tests/unit/test-target
tests_unit_test_target_SOURCES = tests/unit/test-target.c tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_target_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_target_LDADD = $(SHARE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-archive
check_PROGRAMS += tests/unit/test-archive
tests_unit_test_archive_SOURCES = tests/unit/test-archive.c tests/unit/scratch.h tests/unit/trees.h tests/unit/unit.h
tests_unit_test_archive_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_archive_LDADD = $(SHARE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-difference
check_PROGRAMS += tests/unit/test-difference
tests_unit_test_difference_SOURCES = tests/unit/test-difference.c tests/unit/trees.h tests/unit/unit.h
tests_unit_test_difference_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_difference_LDADD = $(SHARE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-layers
check_PROGRAMS += tests/unit/test-layers
tests_unit_test_layers_SOURCES = tests/unit/test-layers.c tests/unit/scratch.h tests/unit/trees.h tests/unit/unit.h
tests_unit_test_layers_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_layers_LDADD = $(SHARE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-oci-image
check_PROGRAMS += tests/unit/test-oci-image
tests_unit_test_oci_image_SOURCES = tests/unit/test-oci-image.c tests/unit/unit.h
tests_unit_test_oci_image_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_oci_image_LDADD = $(SHARE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-blob
check_PROGRAMS += tests/unit/test-blob
tests_unit_test_blob_SOURCES = tests/unit/test-blob.c tests/unit/unit.h
tests_unit_test_blob_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_blob_LDADD = $(SHARE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-rootfs
check_PROGRAMS += tests/unit/test-rootfs
tests_unit_test_rootfs_SOURCES = tests/unit/test-rootfs.c tests/unit/archive.h tests/unit/scratch.h tests/unit/trees.h tests/unit/unit.h
tests_unit_test_rootfs_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_rootfs_LDADD = $(SHARE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-parcel
check_PROGRAMS += tests/unit/test-parcel
tests_unit_test_parcel_SOURCES = tests/unit/test-parcel.c tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_parcel_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_parcel_LDADD = $(SHARE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-registry
check_PROGRAMS += tests/unit/test-registry
tests_unit_test_registry_SOURCES = tests/unit/test-registry.c tests/unit/unit.h
tests_unit_test_registry_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_registry_LDADD = $(SHARE_LIBS) $(CHECK_LIBS)

flow_tests += tests/flow/70-export.sh tests/flow/72-import.sh tests/flow/74-registry.sh tests/flow/76-clone.sh tests/flow/77-link.sh tests/flow/78-backup.sh tests/flow/79-migrate.sh
