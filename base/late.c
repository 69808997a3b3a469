/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/late.h"

#include <dlfcn.h>
#include <string.h>

static int bind(struct vz_late *l, struct vz_err *err)
{
	void *library = dlopen(l->library, RTLD_LAZY | RTLD_LOCAL), *call;

	if (!library) {
		vz_err_set(err, VZ_FAILED, "open library '%s': %s", l->library, dlerror());
		return vz_err_hint(err, "install the package that has it");
	}
	for (size_t i = 0; l->names[i]; i++) {
		call = dlsym(library, l->names[i]);
		if (!call) {
			dlclose(library);
			return vz_err_set(err, VZ_FAILED, "library '%s' has no '%s'", l->library, l->names[i]);
		}
		memcpy((char *)l->calls + i * sizeof call, &call, sizeof call);
	}
	if (l->opened)
		l->opened();
	l->is_open = true;
	return 0;
}

int vz_late_open(struct vz_late *l, struct vz_err *err)
{
	int rc = 0;

	pthread_mutex_lock(&l->lock);
	if (!l->is_open)
		rc = bind(l, err);
	pthread_mutex_unlock(&l->lock);
	return rc;
}
