# shim: libapt-pkg behind plain C. Uses base.
noinst_LIBRARIES += libshim.a
libshim_a_CXXFLAGS = $(AM_CXXFLAGS) $(APT_CFLAGS)
libshim_a_SOURCES = shim/apt.h
