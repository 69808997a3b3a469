# shim: libapt-pkg and librpm behind plain C. Uses base.
noinst_LIBRARIES += libshim.a
libshim_a_CFLAGS = $(AM_CFLAGS) $(RPM_CFLAGS) $(CAP_CFLAGS)
libshim_a_CXXFLAGS = $(AM_CXXFLAGS) $(APT_CFLAGS) $(SAN_CXXFLAGS)
libshim_a_SOURCES = shim/apt.cc shim/apt.h shim/capability.c shim/capability.h shim/rpm.c shim/rpm.h shim/rpm_digest.c shim/rpm_files.c shim/rpm_internal.h

unit_tests += tests/unit/test-apt
check_PROGRAMS += tests/unit/test-apt
tests_unit_test_apt_SOURCES = tests/unit/test-apt.c tests/unit/unit.h
tests_unit_test_apt_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_apt_LDADD = $(SHIM_LIBS) $(CHECK_LIBS)
