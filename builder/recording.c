/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/recording.h"

#include "builder/content.h"
#include "store/document.h"

#define ABOUT_MAX ((size_t)64 << 20)

static const struct vz_member members[] = {
	{ "family", VZ_MEMBER_TEXT, offsetof(struct vz_recording_about, family), false },
	{ "packages", VZ_MEMBER_TEXTS, offsetof(struct vz_recording_about, packages), true },
	{ "template", VZ_MEMBER_NAME, offsetof(struct vz_recording_about, template), false },
	{ 0 },
};
const struct vz_document_kind vz_recording_kind = { "vzpkg-recording 1", "recording", members };

void vz_recording_about_release(struct vz_recording_about *a)
{
	free(a->family);
	free(a->template);
	vz_texts_release(&a->packages);
	*a = (struct vz_recording_about){0};
}

int vz_recording_about(const struct vz_store *s, const struct vz_tree *recording, struct vz_recording_about *ret, struct vz_err *err)
{
	const struct vz_node *n = vz_tree_find(recording, "/about");
	auto_recording_about struct vz_recording_about a = {0};
	auto_buf struct vz_buf text = {0};

	if (!n || !vz_node_is_file(n))
		return vz_err_set(err, VZ_NOTFOUND, "it was not captured from an environment");
	if (n->size > ABOUT_MAX)
		return vz_err_set(err, VZ_DAMAGED, "what a recording says of itself is too long");
	if (vz_content_get(s, n, &text, err) < 0 || vz_document_parse(&vz_recording_kind, text.data, text.len, &a, err) < 0)
		return vz_err_wrap(err, "what a recording says of itself");
	*ret = a;
	a = (struct vz_recording_about){0};
	return 0;
}
