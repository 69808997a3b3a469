# shim: libapt-pkg behind plain C. Uses base.
noinst_LIBRARIES += libshim.a
libshim_a_CXXFLAGS = $(AM_CXXFLAGS) $(APT_CFLAGS) $(SAN_CXXFLAGS)
libshim_a_SOURCES = shim/apt.cc shim/apt.h

unit_tests += tests/unit/test-apt
check_PROGRAMS += tests/unit/test-apt
tests_unit_test_apt_SOURCES = tests/unit/test-apt.c tests/unit/unit.h
tests_unit_test_apt_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_apt_LDADD = $(SHIM_LIBS) $(CHECK_LIBS)
