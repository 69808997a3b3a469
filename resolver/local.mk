# resolver: recipes, mirrors, sources, downloads, trust, solving, plans. Uses base and shim.
noinst_LIBRARIES += libresolver.a
libresolver_a_CFLAGS = $(AM_CFLAGS) $(SOLV_CFLAGS) $(CURL_CFLAGS) $(XML_CFLAGS) $(INIH_CFLAGS) $(ZLIB_CFLAGS)
libresolver_a_SOURCES = \
	resolver/recipe.h resolver/mirror.h resolver/fetch.h resolver/plan.h resolver/resolve.h
