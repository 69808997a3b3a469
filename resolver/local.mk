# resolver: recipes, mirrors, sources, downloads, trust, solving, plans. Uses base and shim.
noinst_LIBRARIES += libresolver.a
libresolver_a_CFLAGS = $(AM_CFLAGS) $(SOLV_CFLAGS) $(CURL_CFLAGS) $(XML_CFLAGS) $(YAML_CFLAGS) $(INIH_CFLAGS) $(ZLIB_CFLAGS)
libresolver_a_SOURCES = \
	resolver/recipe.h resolver/mirror.h resolver/fetch.h resolver/plan.h resolver/present.c resolver/present.h resolver/resolve.h

# recipes and mirrors
libresolver_a_SOURCES += \
	resolver/ini.c resolver/ini.h resolver/join.c resolver/join.h resolver/recipe.c resolver/recipe_check.c resolver/recipe_check.h \
	resolver/recipe_keys.c resolver/recipe_keys.h resolver/recipe_keys_health.c \
	resolver/recipe_keys_repository.c resolver/request.c resolver/request.h
libresolver_a_SOURCES += \
	resolver/ez.c resolver/ez.h resolver/recipe_ez.c resolver/recipe_ez.h resolver/recipe_ez_repo.c \
	resolver/recipe_ez_repo.h resolver/recipe_ez_ini.c resolver/recipe_ez_write.c
libresolver_a_SOURCES += resolver/keyring.c resolver/keyring.h
libresolver_a_SOURCES += resolver/mirror.c resolver/url.c resolver/url.h
libresolver_a_SOURCES += resolver/fetch.c resolver/body.c resolver/body.h resolver/transfer.c resolver/transfer.h \
	resolver/network.c resolver/network.h resolver/speed.c resolver/speed.h
FETCH_TEST_LIBS = libresolver.a $(BASE_LIBS) $(INIH_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-recipe
check_PROGRAMS += tests/unit/test-recipe
tests_unit_test_recipe_SOURCES = tests/unit/test-recipe.c tests/unit/unit.h
tests_unit_test_recipe_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_recipe_LDADD = $(FETCH_TEST_LIBS)

unit_tests += tests/unit/test-join
check_PROGRAMS += tests/unit/test-join
tests_unit_test_join_SOURCES = tests/unit/test-join.c tests/unit/unit.h
tests_unit_test_join_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_join_LDADD = $(FETCH_TEST_LIBS)

unit_tests += tests/unit/test-recipe-ez
check_PROGRAMS += tests/unit/test-recipe-ez
tests_unit_test_recipe_ez_SOURCES = tests/unit/test-recipe-ez.c tests/unit/unit.h
tests_unit_test_recipe_ez_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_recipe_ez_LDADD = $(FETCH_TEST_LIBS)

unit_tests += tests/unit/test-mirror
check_PROGRAMS += tests/unit/test-mirror
tests_unit_test_mirror_SOURCES = tests/unit/test-mirror.c tests/unit/unit.h
tests_unit_test_mirror_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_mirror_LDADD = $(FETCH_TEST_LIBS)

unit_tests += tests/unit/test-fetch
check_PROGRAMS += tests/unit/test-fetch
tests_unit_test_fetch_SOURCES = tests/unit/test-fetch.c tests/unit/unit.h
tests_unit_test_fetch_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_fetch_LDADD = $(FETCH_TEST_LIBS)

# plans, sources, solving
libresolver_a_SOURCES += resolver/plan.c resolver/plan_value.c resolver/plan_change.c resolver/plan_change.h resolver/resolve.c
libresolver_a_SOURCES += \
	resolver/source.c resolver/source.h resolver/source_deb.c resolver/state.c resolver/state.h \
	resolver/trust.c resolver/trust.h resolver/trust_rpm.c resolver/trust_rpm.h resolver/signer.c resolver/signer.h resolver/release.c \
	resolver/release.h resolver/unpack.c resolver/unpack.h resolver/index_deb.c resolver/index_deb.h
libresolver_a_SOURCES += \
	resolver/xml.c resolver/xml.h resolver/xml_walk.c resolver/xml_walk.h resolver/repomd.c resolver/repomd.h \
	resolver/metalink.c resolver/metalink.h resolver/modules.c resolver/modules.h resolver/index_rpm.c resolver/index_rpm.h \
	resolver/locate.c resolver/locate.h resolver/source_rpm.c resolver/source_rpm.h resolver/source_rpm_files.c
libresolver_a_SOURCES += \
	resolver/solve.c resolver/solve.h resolver/explain.c resolver/choose.h resolver/choose_deb.c \
	resolver/choose_rpm.c resolver/find.c resolver/find.h resolver/find_deb.c resolver/find_rpm.c resolver/order.c \
	resolver/order.h resolver/order_rpm.c resolver/universe.c resolver/universe.h resolver/universe_pool.h \
	resolver/universe_solve.c resolver/universe_files.c resolver/universe_filter.c resolver/universe_fixes.c

libresolver_a_SOURCES += resolver/repos.c resolver/repos.h

unit_tests += tests/unit/test-repos
check_PROGRAMS += tests/unit/test-repos
tests_unit_test_repos_SOURCES = tests/unit/test-repos.c tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_repos_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_repos_LDADD = libresolver.a $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-state
check_PROGRAMS += tests/unit/test-state
tests_unit_test_state_SOURCES = tests/unit/test-state.c tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_state_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_state_LDADD = libresolver.a $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-plan
check_PROGRAMS += tests/unit/test-plan
tests_unit_test_plan_SOURCES = tests/unit/test-plan.c tests/unit/unit.h
tests_unit_test_plan_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_plan_LDADD = libresolver.a $(BASE_LIBS) $(CHECK_LIBS)

SOLVE_TEST_LIBS = libresolver.a $(SHIM_LIBS) $(SOLV_LIBS) $(YAML_LIBS) $(INIH_LIBS) $(ZLIB_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-present
check_PROGRAMS += tests/unit/test-present
tests_unit_test_present_SOURCES = tests/unit/test-present.c tests/unit/unit.h tests/unit/rpmfile.h
tests_unit_test_present_CFLAGS = $(AM_CFLAGS) $(SOLV_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_present_LDADD = $(SOLVE_TEST_LIBS)

unit_tests += tests/unit/test-solve
check_PROGRAMS += tests/unit/test-solve
tests_unit_test_solve_SOURCES = tests/unit/test-solve.c tests/unit/unit.h tests/unit/rpmfile.h tests/unit/rpmmd.h
tests_unit_test_solve_CFLAGS = $(AM_CFLAGS) $(SOLV_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_solve_LDADD = $(SOLVE_TEST_LIBS)

unit_tests += tests/unit/test-release
check_PROGRAMS += tests/unit/test-release
tests_unit_test_release_SOURCES = tests/unit/test-release.c tests/unit/unit.h
tests_unit_test_release_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_release_LDADD = $(SOLVE_TEST_LIBS)

unit_tests += tests/unit/test-trust
check_PROGRAMS += tests/unit/test-trust
tests_unit_test_trust_SOURCES = tests/unit/test-trust.c tests/unit/unit.h tests/unit/gpg.h
tests_unit_test_trust_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_trust_LDADD = $(SOLVE_TEST_LIBS)

unit_tests += tests/unit/test-signer
check_PROGRAMS += tests/unit/test-signer
tests_unit_test_signer_SOURCES = tests/unit/test-signer.c tests/unit/unit.h tests/unit/gpg.h
tests_unit_test_signer_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_signer_LDADD = $(RESOLVER_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-trust-rpm
check_PROGRAMS += tests/unit/test-trust-rpm
tests_unit_test_trust_rpm_SOURCES = \
	tests/unit/test-trust-rpm.c tests/unit/gpg.h tests/unit/rpmfile.h tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_trust_rpm_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_trust_rpm_LDADD = $(SOLVE_TEST_LIBS)

unit_tests += tests/unit/test-resolve
check_PROGRAMS += tests/unit/test-resolve
tests_unit_test_resolve_SOURCES = tests/unit/test-resolve.c tests/unit/unit.h tests/unit/gpg.h
tests_unit_test_resolve_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_resolve_LDADD = $(SOLVE_TEST_LIBS)

unit_tests += tests/unit/test-index-deb
check_PROGRAMS += tests/unit/test-index-deb
tests_unit_test_index_deb_SOURCES = tests/unit/test-index-deb.c tests/unit/unit.h
tests_unit_test_index_deb_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_index_deb_LDADD = $(SOLVE_TEST_LIBS)

unit_tests += tests/unit/test-xml
check_PROGRAMS += tests/unit/test-xml
tests_unit_test_xml_SOURCES = tests/unit/test-xml.c tests/unit/unit.h
tests_unit_test_xml_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_xml_LDADD = $(SOLVE_TEST_LIBS)

unit_tests += tests/unit/test-repomd
check_PROGRAMS += tests/unit/test-repomd
tests_unit_test_repomd_SOURCES = tests/unit/test-repomd.c tests/unit/unit.h
tests_unit_test_repomd_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_repomd_LDADD = $(SOLVE_TEST_LIBS)

unit_tests += tests/unit/test-metalink
check_PROGRAMS += tests/unit/test-metalink
tests_unit_test_metalink_SOURCES = tests/unit/test-metalink.c tests/unit/unit.h
tests_unit_test_metalink_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_metalink_LDADD = $(SOLVE_TEST_LIBS)

unit_tests += tests/unit/test-network
check_PROGRAMS += tests/unit/test-network
tests_unit_test_network_SOURCES = tests/unit/test-network.c tests/unit/unit.h
tests_unit_test_network_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_network_LDADD = $(SOLVE_TEST_LIBS)

unit_tests += tests/unit/test-speed
check_PROGRAMS += tests/unit/test-speed
tests_unit_test_speed_SOURCES = tests/unit/test-speed.c tests/unit/unit.h
tests_unit_test_speed_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_speed_LDADD = $(SOLVE_TEST_LIBS)

unit_tests += tests/unit/test-modules
check_PROGRAMS += tests/unit/test-modules
tests_unit_test_modules_SOURCES = tests/unit/test-modules.c tests/unit/unit.h
tests_unit_test_modules_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_modules_LDADD = $(SOLVE_TEST_LIBS)

unit_tests += tests/unit/test-plan-change
check_PROGRAMS += tests/unit/test-plan-change
tests_unit_test_plan_change_SOURCES = tests/unit/test-plan-change.c tests/unit/unit.h
tests_unit_test_plan_change_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_plan_change_LDADD = libresolver.a $(BASE_LIBS) $(CHECK_LIBS)
