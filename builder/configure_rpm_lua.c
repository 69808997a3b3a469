/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/configure_rpm.h"

#include <rpm/rpmlib.h>
#include <rpm/rpmlog.h>
#include <rpm/rpmmacro.h>
#include <stdio.h>
#include <string.h>

/*
 * What a script in Lua finds: its arguments, what rpm would send to its stdin as
 * a function, the prefixes, and a print() that does not end in a macro's value.
 */
static const char prelude[] =
	"%%{lua:\n"
	"_G.arg = { '" VZ_RPM_LUA "'%s%s }\n"
	"_G.opt = {}\n"
	"rpm.next_file = function() return io.stdin:read('l') end\n"
	"rpm.input = rpm.next_file\n"
	"print = function(...)\n"
	"	local all = table.pack(...)\n"
	"	for i = 1, all.n do io.stdout:write(i > 1 and '\\t' or '', tostring(all[i])) end\n"
	"	io.stdout:write('\\n')\n"
	"end\n"
	"local i, prefixes = 0, {}\n"
	"while os.getenv('RPM_INSTALL_PREFIX' .. i) do\n"
	"	i = i + 1\n"
	"	prefixes[i] = os.getenv('RPM_INSTALL_PREFIX' .. (i - 1))\n"
	"end\n"
	"if prefixes[1] then RPM_INSTALL_PREFIX = prefixes end\n"
	"local script, why = loadfile('%s', 't')\n"
	"if not script then error(why, 0) end\n"
	"script(_G.opt, _G.arg)\n"
	"}";

/* The target's macros instead of the host's. Here they may do what they like: we are inside. */
static void read_macros(void)
{
	rpmlogSetCallback(NULL, NULL);
	rpmlogSetMask(RPMLOG_UPTO(RPMLOG_EMERG));
	rpmFreeMacros(NULL);
	rpmFreeRpmrc();
	/* where rpm itself is not installed, what is built in has to do */
	if (rpmReadConfigFiles(NULL, NULL) != 0)
		rpmInitMacros(NULL, "/usr/lib/rpm/macros:/usr/lib/rpm/macros.d/macros.*:/etc/rpm/macros.*:/etc/rpm/macros");
	rpmlogSetMask(RPMLOG_UPTO(RPMLOG_NOTICE));
}

static char *expand(const char *text)
{
	char *expanded = NULL;

	if (rpmExpandMacros(NULL, text, &expanded, 0) < 0) {
		free(expanded);
		return NULL;
	}
	return expanded;
}

char *vz_rpm_expand(const struct vz_rpm_script *script, const struct vz_buf *entry)
{
	char *body = vz_strdup(script->body), *next;

	if (script->expand) {
		read_macros();
		next = expand(body);
		free(body);
		body = next;
	}
	if (body && script->format) {
		next = vz_rpm_format(entry->data, entry->len, body);
		free(body);
		body = next;
	}
	return body;
}

int vz_rpm_lua(const char *file, const struct vz_rpm_step *step)
{
	char arg1[16] = "", arg2[16] = "";
	auto_free char *text = NULL, *value = NULL;

	if (step->arg1 >= 0)
		snprintf(arg1, sizeof arg1, ", %d", step->arg1);
	if (step->arg2 >= 0)
		snprintf(arg2, sizeof arg2, ", %d", step->arg2);
	text = vz_printf(prelude, arg1, arg2, file);
	read_macros();
	value = expand(text);
	return value ? 0 : 1;
}
