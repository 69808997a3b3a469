# host: what is installed into the host's own machinery: units of systemd, a table for cron.
host_made = host/vzpkg-mount.service host/vzpkg-auto-update.service host/cron.d/vzpkg
EXTRA_DIST += \
	host/cron.d/vzpkg.in \
	host/vzpkg-auto-update.service.in \
	host/vzpkg-auto-update.timer \
	host/vzpkg-mount.service.in
CLEANFILES += $(host_made)
crondir = $(sysconfdir)/cron.d
cron_DATA = host/cron.d/vzpkg
if SYSTEMD_UNITS
systemdsystemunit_DATA = host/vzpkg-mount.service host/vzpkg-auto-update.service host/vzpkg-auto-update.timer
endif

host_fill = $(AM_V_GEN)$(MKDIR_P) $(@D) && sed 's,[@]sbindir[@],$(sbindir),g' $(srcdir)/$@.in >$@.new && mv $@.new $@
host/vzpkg-mount.service: host/vzpkg-mount.service.in Makefile
	$(host_fill)
host/vzpkg-auto-update.service: host/vzpkg-auto-update.service.in Makefile
	$(host_fill)
host/cron.d/vzpkg: host/cron.d/vzpkg.in Makefile
	$(host_fill)
