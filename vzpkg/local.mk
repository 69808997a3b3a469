# vzpkg: the command line, one file a verb; the only room that prints. Uses all rooms.
sbin_PROGRAMS += vzpkg/vzpkg
vzpkg_vzpkg_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
vzpkg_vzpkg_LDADD = $(SHARE_LIBS)
vzpkg_vzpkg_SOURCES = \
	vzpkg/change.c \
	vzpkg/change.h \
	vzpkg/cli.h \
	vzpkg/cmd_auto_update.c \
	vzpkg/cmd_backup.c \
	vzpkg/cmd_capture.c \
	vzpkg/cmd_clone.c \
	vzpkg/cmd_create.c \
	vzpkg/cmd_diff.c \
	vzpkg/cmd_dump.c \
	vzpkg/cmd_exec.c \
	vzpkg/cmd_export.c \
	vzpkg/cmd_fetch.c \
	vzpkg/cmd_history.c \
	vzpkg/cmd_image.c \
	vzpkg/cmd_import.c \
	vzpkg/cmd_info.c \
	vzpkg/cmd_install.c \
	vzpkg/cmd_link.c \
	vzpkg/cmd_list.c \
	vzpkg/cmd_migrate.c \
	vzpkg/cmd_mount.c \
	vzpkg/cmd_pull.c \
	vzpkg/cmd_push.c \
	vzpkg/cmd_remove.c \
	vzpkg/cmd_restore.c \
	vzpkg/cmd_rollback.c \
	vzpkg/cmd_set.c \
	vzpkg/cmd_start.c \
	vzpkg/cmd_status.c \
	vzpkg/cmd_stop.c \
	vzpkg/cmd_update.c \
	vzpkg/json.c \
	vzpkg/json.h \
	vzpkg/json_auto.c \
	vzpkg/json_auto.h \
	vzpkg/json_share.c \
	vzpkg/json_share.h \
	vzpkg/json_diff.c \
	vzpkg/json_value.h \
	vzpkg/main.c \
	vzpkg/moved.c \
	vzpkg/moved.h \
	vzpkg/state.c \
	vzpkg/state.h \
	vzpkg/terminal.c \
	vzpkg/terminal.h

vzpkg_vzpkg_SOURCES += \
	vzpkg/cmd_clean.c \
	vzpkg/cmd_df.c \
	vzpkg/cmd_verify.c \
	vzpkg/json_keep.c \
	vzpkg/json_keep.h \
	vzpkg/repair.c \
	vzpkg/repair.h \
	vzpkg/repair_build.c \
	vzpkg/repair_packages.c \
	vzpkg/repair_twins.c \
	vzpkg/roots.c \
	vzpkg/roots.h \
	vzpkg/users.c \
	vzpkg/users.h
nodist_EXTRA_vzpkg_vzpkg_SOURCES = dummy.cxx

# keeps what environments print; nothing of the rooms is in it
pkglibexec_PROGRAMS += vzpkg/vzpkg-console
vzpkg_vzpkg_console_SOURCES = vzpkg/console.c

