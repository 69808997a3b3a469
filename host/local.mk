# host: what is installed into the host's own machinery: units of systemd.
EXTRA_DIST += host/vzpkg-mount.service.in
CLEANFILES += host/vzpkg-mount.service
if SYSTEMD_UNITS
systemdsystemunit_DATA = host/vzpkg-mount.service
endif

host/vzpkg-mount.service: host/vzpkg-mount.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) host && sed 's,[@]sbindir[@],$(sbindir),g' $(srcdir)/$@.in >$@.new && mv $@.new $@
