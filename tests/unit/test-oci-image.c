/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "share/oci_image.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

START_TEST(test_manifest)
{
	static const char want[] =
		"{\"annotations\":{\"a\":\"b\\n\"},\"artifactType\":\"x/y\",\"config\":{\"digest\":\"sha256:" HEX
		"\",\"mediaType\":\"c/d\",\"size\":3},\"layers\":[{\"annotations\":{\"n\":\"1\"},\"digest\":\"sha256:" HEX
		"\",\"mediaType\":\"l/m\",\"size\":4}],\"mediaType\":\"" VZ_OCI_MANIFEST "\",\"schemaVersion\":2}";
	auto_oci_manifest struct vz_oci_manifest m = { .artifact_type = vz_strdup("x/y") }, got = {0};
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};
	struct vz_oci_descriptor *l;

	m.config = (struct vz_oci_descriptor){ .type = vz_strdup("c/d"), .digest = HEX, .size = 3 };
	l = vz_oci_manifest_add(&m);
	*l = (struct vz_oci_descriptor){ .type = vz_strdup("l/m"), .digest = HEX, .size = 4 };
	vz_oci_pairs_add(&l->annotations, "n", "1");
	vz_oci_pairs_add(&m.annotations, "a", "b\n");
	must(vz_oci_manifest_write(&m, &text, &err));
	ck_assert_str_eq(text.data, want);
	must(vz_oci_manifest_read(text.data, text.len, &got, &err));
	ck_assert_str_eq(got.artifact_type, "x/y");
	ck_assert_str_eq(got.config.digest, HEX);
	ck_assert_uint_eq(got.n, 1);
	ck_assert_uint_eq(got.layers[0].size, 4);
	ck_assert_str_eq(got.layers[0].type, "l/m");
	ck_assert_str_eq(vz_oci_pair(&got.layers[0].annotations, "n"), "1");
	ck_assert_str_eq(vz_oci_pair(&got.annotations, "a"), "b\n");
	ck_assert_ptr_null(vz_oci_pair(&got.annotations, "b"));
}
END_TEST

START_TEST(test_not_utf8)
{
	auto_oci_manifest struct vz_oci_manifest m = {0};
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	vz_oci_pairs_add(&m.annotations, "a", "\xff");
	must_fail(vz_oci_manifest_write(&m, &text, &err), VZ_FAILED, "UTF-8");
}
END_TEST

START_TEST(test_index)
{
	auto_oci_index struct vz_oci_index i = {0}, got = {0};
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	i.manifests = vz_new(struct vz_oci_descriptor);
	i.n = 1;
	*i.manifests = (struct vz_oci_descriptor){
		.type = vz_strdup(VZ_OCI_MANIFEST), .digest = HEX, .size = 9, .arch = vz_strdup("amd64"), .os = vz_strdup("linux"),
	};
	vz_oci_pairs_add(&i.manifests->annotations, VZ_OCI_REF, "base:3");
	must(vz_oci_index_write(&i, &text, &err));
	must(vz_oci_index_read(text.data, text.len, &got, &err));
	ck_assert_uint_eq(got.n, 1);
	ck_assert_str_eq(got.manifests[0].arch, "amd64");
	ck_assert_str_eq(got.manifests[0].os, "linux");
	ck_assert_str_eq(vz_oci_pair(&got.manifests[0].annotations, VZ_OCI_REF), "base:3");
}
END_TEST

START_TEST(test_config)
{
	static const char want[] =
		"{\"architecture\":\"arm\",\"config\":{\"Cmd\":[\"/bin/sh\"],\"Env\":"
		"[\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"],\"Labels\":{\"k\":\"v\"}},"
		"\"created\":\"2023-11-14T22:13:20Z\",\"history\":[{\"comment\":\"packages\",\"created\":"
		"\"2023-11-14T22:13:20Z\",\"created_by\":\"vzpkg\"}],\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[\"sha256:" HEX
		"\"],\"type\":\"layers\"},\"variant\":\"v7\"}";
	auto_oci_config struct vz_oci_config c = {
		.arch = vz_strdup("arm"), .os = vz_strdup("linux"), .variant = vz_strdup("v7"), .created = 1700000000,
		.command = "/bin/sh", .layer_names = (const char *const[]){ "packages" }, .n = 1,
	};
	auto_oci_config struct vz_oci_config got = {0};
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	c.diff_ids = vz_new(char *);
	*c.diff_ids = vz_strdup(HEX);
	vz_oci_pairs_add(&c.labels, "k", "v");
	must(vz_oci_config_write(&c, &text, &err));
	ck_assert_str_eq(text.data, want);
	must(vz_oci_config_read(text.data, text.len, &got, &err));
	ck_assert_str_eq(got.arch, "arm");
	ck_assert_str_eq(got.variant, "v7");
	ck_assert_uint_eq(got.n, 1);
	ck_assert_str_eq(got.diff_ids[0], HEX);
}
END_TEST

static const char *const bad_manifests[] = {
	"", "x", "[]", "{}", "{\"schemaVersion\":1}",
	"{\"schemaVersion\":2,\"layers\":[]}",
	"{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:" HEX "\",\"size\":-1},\"layers\":[]}",
	"{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:" HEX "\",\"size\":\"1\"},\"layers\":[]}",
	"{\"schemaVersion\":2,\"config\":{\"digest\":\"sha512:" HEX "\",\"size\":1},\"layers\":[]}",
	"{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:" HEX "0\",\"size\":1},\"layers\":[]}",
	"{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:../../../../../../../../../../../../../../../../../../../../etc/passwd\",\"size\":1},\"layers\":[]}",
	"{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:" HEX "\",\"size\":1},\"layers\":{}}",
	"{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:" HEX "\",\"size\":1},\"layers\":[1]}",
	"{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:" HEX "\",\"size\":1,\"mediaType\":1},\"layers\":[]}",
	"{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:" HEX "\",\"size\":1},\"layers\":[],\"annotations\":{\"a\":1}}",
	"{\"schemaVersion\":2,\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:" HEX "\",\"size\":1},\"layers\":[]}",
	"{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:" HEX "\",\"size\":1,\"annotations\":[]},\"layers\":[]}",
};

#define READ(what, text) vz_oci_##what##_read(text, strlen(text), &(struct vz_oci_##what){0}, &err)

START_TEST(test_bad)
{
	struct vz_err err = {0};

	for (size_t i = 0; i < sizeof bad_manifests / sizeof *bad_manifests; i++) {
		struct vz_oci_manifest m = {0};

		must_fail(vz_oci_manifest_read(bad_manifests[i], strlen(bad_manifests[i]), &m, &err), VZ_UNTRUSTED,
			  "not a document of the OCI image format");
	}
	must_fail(READ(index, "{\"schemaVersion\":2}"), VZ_UNTRUSTED, "manifests");
	must_fail(READ(config, "{\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[]}}"), VZ_UNTRUSTED, "architecture");
	must_fail(READ(config, "{\"rootfs\":{\"diff_ids\":[\"x\"]}}"), VZ_UNTRUSTED, "digest");
}
END_TEST

START_TEST(test_names)
{
	const char *variant = "";

	ck_assert_str_eq(vz_oci_arch("x86_64", &variant), "amd64");
	ck_assert_ptr_null(variant);
	ck_assert_str_eq(vz_oci_arch("armv7l", &variant), "arm");
	ck_assert_str_eq(variant, "v7");
	ck_assert_str_eq(vz_oci_machine("arm", "v6"), "armv6l");
	ck_assert_str_eq(vz_oci_machine("arm64", "v8"), "aarch64");
	ck_assert_str_eq(vz_oci_machine("mips", NULL), "mips");
}
END_TEST

UNIT_MAIN("oci-image", test_manifest, test_not_utf8, test_index, test_config, test_bad, test_names)
