/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signatures and keys, "LENGTH KEYRING SIGNATURE": no input may crash, and what fits one text fits no other. */
#include <stdint.h>
#include <stdlib.h>

#include "resolver/signer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_signers struct vz_signers *s = vz_signers_new();
	auto_buf struct vz_buf keyring = {0}, signature = {0}, text = {0}, other = {0};
	size_t len = size < 2 ? 0 : (size_t)data[0] << 8 | data[1];

	if (size < 2 || len > size - 2)
		return 0;
	vz_buf_add(&keyring, data + 2, len);
	vz_buf_add(&signature, data + 2 + len, size - 2 - len);
	vz_buf_puts(&text, "the text of the corpus");
	vz_buf_puts(&other, "another text");
	vz_signers_learn(s, &keyring, &text, &signature);
	if (vz_signers_know(s, &other, &signature))
		abort();
	vz_signers_know(s, &text, &signature);
	return 0;
}
