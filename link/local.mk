# link: mounts, entering, environments. Uses store and base.
noinst_LIBRARIES += liblink.a
liblink_a_SOURCES = \
	link/enter.h link/env.h link/fs.c link/fs.h link/mount.c link/mount.h
