# link: mounts, entering, environments. Uses store and base.
noinst_LIBRARIES += liblink.a
liblink_a_SOURCES = link/mount.h link/enter.h link/env.h
