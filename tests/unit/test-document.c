/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <math.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "store/document.h"

struct thing {
	char *name, *note;
	unsigned number;
	uint64_t size;
	double real;
	struct vz_texts list;
	struct vz_digest digest;
	bool flag;
};

static const struct vz_member members[] = {
	{ "name", VZ_MEMBER_NAME, offsetof(struct thing, name), false },
	{ "note", VZ_MEMBER_TEXT, offsetof(struct thing, note), true },
	{ "of.number", VZ_MEMBER_ORDINAL, offsetof(struct thing, number), false },
	{ "of.size", VZ_MEMBER_COUNT, offsetof(struct thing, size), false },
	{ "real", VZ_MEMBER_REAL, offsetof(struct thing, real), false },
	{ "list", VZ_MEMBER_TEXTS, offsetof(struct thing, list), false },
	{ "digest", VZ_MEMBER_DIGEST, offsetof(struct thing, digest), true },
	{ "flag", VZ_MEMBER_FLAG, offsetof(struct thing, flag), true },
	{0}
};
static const struct vz_document_kind kind = { "thing 1", "thing", members };

#define COMPACT "{\"format\":\"thing 1\",\"name\":\"x\",\"of\":{\"number\":1,\"size\":2},\"real\":0.5}"

/* The file whose members but the checksum are `rest`; the sum is that of `compact`. */
static char *file(const char *compact, const char *rest)
{
	char hex[VZ_HEX_LEN + 1];
	struct vz_digest sum;

	vz_sha256(compact, strlen(compact), &sum);
	vz_digest_hex(&sum, hex);
	return vz_printf("{\n  \"checksum\": \"%s\",\n%s}\n", hex, rest);
}

#define OF "  \"of\": {\n    \"number\": 1,\n    \"size\": 2\n  },\n"
#define HEAD "  \"format\": \"thing 1\",\n  \"name\": \"x\",\n"

START_TEST(test_text)
{
	auto_free char *want = file(COMPACT, HEAD OF "  \"real\": 0.5\n");
	struct thing t = { .name = (char *)"x", .number = 1, .size = 2, .real = 0.5 }, got = {0};
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	must(vz_document_format(&kind, &t, &text, &err));
	ck_assert_str_eq(text.data, want);
	must(vz_document_parse(&kind, want, strlen(want), &got, &err));
	ck_assert_str_eq(got.name, "x");
	ck_assert_ptr_null(got.note);
	ck_assert(got.number == 1 && got.size == 2 && got.real == 0.5);
	vz_document_release(&kind, &got);

	t.note = (char *)"\xff";
	must_fail(vz_document_format(&kind, &t, &text, &err), VZ_FAILED, "the thing's 'note' is not UTF-8 text");
	t.note = NULL;
	t.real = NAN;
	must_fail(vz_document_format(&kind, &t, &text, &err), VZ_FAILED, "'real' is not a number");
	t.name = NULL;
	must_fail(vz_document_format(&kind, &t, &text, &err), VZ_FAILED, "'name' is missing");
}
END_TEST

/* The checksum of each is right, where it matters. */
START_TEST(test_refused)
{
	static const struct {
		const char *compact, *rest, *why;
	} cases[] = {
		{ "{}", HEAD OF "  \"real\": 0.5\n", "not as it was written" },
		{ COMPACT, HEAD OF "  \"real\": 0.50\n", "not as it was written" },
		{ COMPACT, HEAD OF "  \"real\":  0.5\n", "not as it was written" },
		{ "{\"format\":\"thing 1\",\"name\":\"x\",\"of\":{\"number\":1,\"size\":2},\"other\":{},\"real\":0.5}",
		  HEAD OF "  \"other\": {},\n  \"real\": 0.5\n", "not as it was written" },
		{ COMPACT, "  \"format\": \"thing 2\",\n" OF "  \"real\": 0.5\n", "not one of format 'thing 1'" },
		{ COMPACT, HEAD OF "  \"real\": 1\n", "'real' is wrong" },
		{ COMPACT, HEAD "  \"of\": [],\n  \"real\": 0.5\n", "'of.number' is missing" },
		{ COMPACT, HEAD "  \"of\": {\"number\": 0, \"size\": 2},\n  \"real\": 0.5\n", "'of.number' is wrong" },
		{ COMPACT, HEAD "  \"of\": {\"number\": 1, \"size\": -2},\n  \"real\": 0.5\n", "'of.size' is wrong" },
		{ COMPACT, HEAD "  \"note\": null,\n" OF "  \"real\": 0.5\n", "'note' is wrong" },
		{ COMPACT, "  \"format\": \"thing 1\",\n  \"name\": \"../x\"\n", "'name' is wrong" },
		{ COMPACT, "  \"digest\": \"00\",\n" HEAD OF "  \"real\": 0.5\n", "'digest' is wrong" },
		{ COMPACT, "  \"flag\": 1,\n" HEAD OF "  \"real\": 0.5\n", "'flag' is wrong" },
		{ COMPACT, "  \"flag\": false,\n" HEAD OF "  \"real\": 0.5\n", "not as it was written" },
		{ COMPACT, "  \"list\": [],\n" HEAD OF "  \"real\": 0.5\n", "'list' is wrong" },
		{ COMPACT, "  \"list\": [\"a\", 1],\n" HEAD OF "  \"real\": 0.5\n", "'list' is wrong" },
		{ COMPACT, HEAD HEAD, "not a JSON object: duplicate" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		auto_free char *text = file(cases[i].compact, cases[i].rest);
		struct thing got = {0};
		struct vz_err err = {0};

		must_fail(vz_document_parse(&kind, text, strlen(text), &got, &err), VZ_DAMAGED, cases[i].why);
		vz_document_release(&kind, &got);
	}
}
END_TEST

START_TEST(test_optional)
{
	struct thing t = { .name = (char *)"x", .number = 1, .flag = true }, got = {0};
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	vz_texts_add(&t.list, "b");
	vz_texts_add(&t.list, "a");
	memset(&t.digest, 0xab, sizeof t.digest);
	must(vz_document_format(&kind, &t, &text, &err));
	must(vz_document_parse(&kind, text.data, text.len, &got, &err));
	ck_assert(vz_texts_same(&t.list, &got.list));
	ck_assert(got.flag && vz_digest_cmp(&got.digest, &t.digest) == 0);
	vz_document_release(&kind, &got);

	vz_texts_add(&t.list, "\xff");
	must_fail(vz_document_format(&kind, &t, &text, &err), VZ_FAILED, "'list' is not UTF-8 text");
	vz_texts_release(&t.list);
}
END_TEST

UNIT_MAIN("document", test_text, test_optional, test_refused)
