# store: objects, trees, packages, records, manifests, images. Uses base and shim.
noinst_LIBRARIES += libstore.a
libstore_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(ZLIB_CFLAGS)
libstore_a_SOURCES = \
	store/tree.h store/dump.h store/image.h store/store.h store/object.h store/record.h store/ingest.h store/manifest.h
# trees, dumps, images
libstore_a_SOURCES += store/arena.c store/arena.h store/tree.c store/node.c store/tree_path.c

unit_tests += tests/unit/test-tree
check_PROGRAMS += tests/unit/test-tree
tests_unit_test_tree_SOURCES = tests/unit/test-tree.c tests/unit/unit.h
tests_unit_test_tree_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_tree_LDADD = libstore.a $(BASE_LIBS) $(CHECK_LIBS)
