# link: mounts, entering, environments. Uses store and base.
noinst_LIBRARIES += liblink.a
liblink_a_SOURCES = \
	link/confine.c link/confine.h link/enter.c link/enter.h link/env.h link/fs.c link/fs.h \
	link/init.c link/init.h link/mount.c link/mount.h link/view.c link/view.h
