# link: mounts, entering, environments. Uses store and base.
noinst_LIBRARIES += liblink.a
liblink_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
liblink_a_SOURCES = \
	link/confine.c link/confine.h link/enter.c link/enter.h link/env.c link/env.h link/env_json.c \
	link/env_mount.c link/fs.c link/fs.h link/init.c link/init.h link/mount.c link/mount.h link/view.c link/view.h
