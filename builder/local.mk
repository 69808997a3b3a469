# builder: the build pipeline. Uses all rooms but vzpkg.
noinst_LIBRARIES += libbuilder.a
libbuilder_a_SOURCES = builder/build.h builder/compose.h builder/configure.h builder/capture.h
