/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The JSON documents of verbs that give templates away and take them; see vzpkg/json.h.
 */
#ifndef VZPKG_JSON_SHARE_H
#define VZPKG_JSON_SHARE_H

#include "builder/seal.h"
#include "share/application.h"
#include "share/artifact.h"
#include "share/backup.h"
#include "share/export.h"
#include "share/migrate.h"

/* {"name","version","format","to","digest","size"} */
void vz_json_export(const struct vz_export *e, const char *format);
/* {"name","version","image":{"digest","size"},"packages","files","bytes","new_bytes","changed"}; packages are a number */
void vz_json_arrived(const struct vz_manifest *m, bool changed);
/* The same and "from", "artifact": the digest of what the registry has, and "fetched": bytes. Of a dry run only these. */
void vz_json_pull(const struct vz_pull *p, const char *from);
/* {"env","from","generation","template","image","layer" where there is one,"sealed":{"files","bytes","new_bytes"},"seconds"};
 * `sealed` NULL: of a dry run, without what that would give. */
void vz_json_clone(const struct vz_env *e, const char *from, const struct vz_seal *sealed, double seconds);
/* What was folded into the store of one environment; bytes. */
struct vz_linked {
	const char *env;
	uint64_t files, before, after, new_bytes;
};
/* [{"env","files","before","after","new_bytes"}] */
void vz_json_linked(const struct vz_linked *list, size_t n);
/* {"name","version","env","template","image","files","loose","removed","bytes","packages":[{"name","version","arch",
 * "asked"}],"users":[…],"left_out":[…]}; "loose": files that no package brought. Of a dry run the version is 0. */
void vz_json_capture(const struct vz_application *a);
/* {"env","generation","template","to","size","files","digest"}; of a dry run with zeros, and no digest */
void vz_json_backup(const struct vz_backup *b, const struct vz_env *e, const char *to);
/* {"env","generation","template","version","image","layer" where there is one,"new_bytes","packages"} */
void vz_json_restore(const struct vz_restore *r);
/* {"env","to","running","sent","sent_stopped","pause"} */
void vz_json_migrate(const struct vz_migrate *m);
/* {"name","version","to","digest","size","sent","blobs"} */
void vz_json_push(const struct vz_push *p, const char *to);
/* What arrived, for people. */
void vz_print_arrived(const struct vz_manifest *m, bool changed, bool dry_run);

#endif
