# store: objects, trees, packages, records, manifests, images. Uses base and shim.
noinst_LIBRARIES += libstore.a
libstore_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(ZLIB_CFLAGS)
libstore_a_SOURCES = \
	store/tree.h store/dump.h store/image.h store/store.h store/object.h store/record.h store/ingest.h store/manifest.h
