# resolver: recipes, mirrors, sources, downloads, trust, solving, plans. Uses base and shim.
noinst_LIBRARIES += libresolver.a
libresolver_a_CFLAGS = $(AM_CFLAGS) $(SOLV_CFLAGS) $(CURL_CFLAGS) $(XML_CFLAGS) $(INIH_CFLAGS) $(ZLIB_CFLAGS)
libresolver_a_SOURCES = \
	resolver/recipe.h resolver/mirror.h resolver/fetch.h resolver/plan.h resolver/resolve.h

# plans, sources, solving
libresolver_a_SOURCES += resolver/plan.c

unit_tests += tests/unit/test-plan
check_PROGRAMS += tests/unit/test-plan
tests_unit_test_plan_SOURCES = tests/unit/test-plan.c tests/unit/unit.h
tests_unit_test_plan_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_plan_LDADD = libresolver.a $(BASE_LIBS) $(CHECK_LIBS)
