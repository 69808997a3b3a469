# builder: the build pipeline. Uses all rooms but vzpkg.
noinst_LIBRARIES += libbuilder.a
libbuilder_a_SOURCES = builder/build.h
# packages' trees become one
libbuilder_a_SOURCES += \
	builder/claim.c builder/claim.h builder/compose.c builder/compose.h builder/content.c builder/content.h \
	builder/dpkg.c builder/dpkg.h
# an upper directory becomes a tree
libbuilder_a_SOURCES += builder/capture.c builder/capture.h builder/overlay.c builder/overlay.h
# maintainer scripts
libbuilder_a_SOURCES += \
	builder/configure.c builder/configure.h builder/configure_deb.c builder/configure_deb.h \
	builder/configure_deb_run.c builder/configure_deb_settle.c builder/configure_deb_triggers.c
