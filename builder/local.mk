# builder: the build pipeline. Uses all rooms but vzpkg.
noinst_LIBRARIES += libbuilder.a
libbuilder_a_SOURCES = builder/build.h builder/configure.h
# packages' trees become one
libbuilder_a_SOURCES += \
	builder/claim.c builder/claim.h builder/compose.c builder/compose.h builder/content.c builder/content.h \
	builder/dpkg.c builder/dpkg.h
# an upper directory becomes a tree
libbuilder_a_SOURCES += builder/capture.c builder/capture.h builder/overlay.c builder/overlay.h
