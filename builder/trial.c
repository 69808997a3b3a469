/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/proc.h"
#include "link/env_record.h"
#include "store/document.h"
#include "store/verdict.h"

#define DIRECTORY "trials"
#define NOTE_LIMIT 65536

/* ---- notes ---- */

struct note {
	char *env;
	struct vz_digest image;      /* that it is moved to */
	unsigned from;               /* the generation it had */
};

static const struct vz_member members[] = {
	{ "env", VZ_MEMBER_NAME, offsetof(struct note, env), false },
	{ "image", VZ_MEMBER_DIGEST, offsetof(struct note, image), false },
	{ "from", VZ_MEMBER_ORDINAL, offsetof(struct note, from), false },
	{0}
};
static const struct vz_document_kind kind = { "vzpkg-trial 1", "note of a trial", members };

static int begin(struct vz_store *s, const struct note *n, struct vz_err *err)
{
	auto_free char *path = vz_printf(DIRECTORY "/%s", n->env);
	auto_buf struct vz_buf text = {0};

	if (vz_make_dirs(vz_store_fd(s), DIRECTORY, 0700, err) < 0 || vz_document_format(&kind, n, &text, err) < 0)
		return -1;
	return vz_write_file(vz_store_fd(s), path, text.data, text.len, 0600, err);
}

static int end(struct vz_store *s, const char *env, struct vz_err *err)
{
	auto_free char *path = vz_printf(DIRECTORY "/%s", env);

	if (unlinkat(vz_store_fd(s), path, 0) < 0 && errno != ENOENT)
		return vz_err_sys(err, "remove '%s'", path);
	return 0;
}

static int find(const struct vz_store *s, const char *env, struct note *ret, struct vz_err *err)
{
	auto_free char *path = vz_printf(DIRECTORY "/%s", env);
	auto_buf struct vz_buf text = {0};

	if (vz_read_file(vz_store_fd(s), path, NOTE_LIMIT, &text, err) < 0)
		return -1;
	return vz_document_parse(&kind, text.data, text.len, ret, err) < 0 ? vz_err_wrap(err, "'%s'", path) : 0;
}

/* ---- judging ---- */

static int go_back(struct vz_mover *mover, const char *env, unsigned to, struct vz_err *err)
{
	const struct vz_env_move move = { .name = env, .back_to = to };
	struct vz_env_moved moved = {0};

	if (vz_mover_move(mover, &move, &moved, err) < 0)
		return -1;
	vz_env_moved_release(&moved);
	return 0;
}

static int condemn(struct vz_store *s, const struct vz_env *e, const char *check, const char *words, struct vz_err *err)
{
	auto_free char *ref = vz_printf("%s@%u", e->shows.template_name, e->shows.template_version);
	const struct vz_verdict v = { e->shows.image, ref, e->name, (char *)check, (char *)words, time(NULL) };

	return vz_verdict_write(s, &v, err);
}

/* Of an environment that was well before it was moved. */
static int judge(struct vz_store *s, struct vz_mover *mover, const struct vz_checks *checks, const struct note *n,
		 struct vz_auto_event *ret, struct vz_err *err)
{
	auto_free char *check = NULL, *words = NULL;
	auto_env struct vz_env e = {0};

	if (vz_checks_ask(s, checks, n->env, &check, &words)) {
		ret->state = VZ_AUTO_MOVED;
		return end(s, n->env, err);
	}
	/* what was stopped says nothing */
	if (vz_interrupted(err) < 0 || vz_env_read(s, n->env, &e, err) < 0 || condemn(s, &e, check, words, err) < 0 ||
	    go_back(mover, n->env, n->from, err) < 0 || end(s, n->env, err) < 0)
		return -1;
	ret->state = VZ_AUTO_BACK;
	free(ret->words);
	ret->words = vz_printf("health check '%s' failed: %s", check, words);
	return 0;
}

/* ---- moving ---- */

static int move(const struct vz_trial *t, struct vz_auto_event *ret, struct vz_err *err)
{
	const struct vz_env_move move = { .name = t->env, .to = t->to, .reason = t->reason };
	struct vz_env_moved moved = {0};

	if (vz_mover_move(t->mover, &move, &moved, err) < 0)
		return -1;
	ret->from = moved.before.generation;
	ret->to = moved.after.generation;
	ret->state = ret->from == ret->to ? VZ_AUTO_SAME : VZ_AUTO_MOVED;
	vz_env_moved_release(&moved);
	return 0;
}

static int try(const struct vz_trial *t, struct vz_auto_event *ret, struct vz_err *err)
{
	auto_free char *check = NULL, *words = NULL;
	struct note n = { (char *)t->env, t->to->image, 0 };
	auto_env struct vz_env e = {0};

	if (vz_env_read(t->store, t->env, &e, err) < 0)
		return -1;
	if (vz_composition_same(&e.shows, t->to)) {
		ret->from = ret->to = e.generation;
		return 0;
	}
	/* another plan of the same image has nothing new to show */
	if (!t->checks->commands.n || vz_digest_cmp(&e.shows.image, &t->to->image) == 0)
		return move(t, ret, err);
	if (!vz_checks_ask(t->store, t->checks, t->env, &check, &words)) {
		ret->words = vz_printf("not judged: '%s' failed before, too: %s", check, words);
		return vz_interrupted(err) < 0 ? -1 : move(t, ret, err);
	}
	n.from = e.generation;
	if (begin(t->store, &n, err) < 0)
		return -1;
	if (move(t, ret, err) < 0) {
		struct vz_err second;

		end(t->store, t->env, &second);
		return -1;
	}
	return judge(t->store, t->mover, t->checks, &n, ret, err);
}

int vz_trial_run(const struct vz_trial *t, struct vz_auto_event *ret, struct vz_err *err)
{
	struct vz_err ignored;

	*ret = (struct vz_auto_event){ .name = vz_strdup(t->env) };
	if (try(t, ret, err) == 0)
		return 0;
	if (vz_interrupted(&ignored) < 0) {
		vz_auto_event_release(ret);
		return -1;
	}
	ret->state = VZ_AUTO_FAILED;
	free(ret->words);
	ret->words = vz_strdup(err->msg);
	return 0;
}

/* ---- what was left ---- */

static int resume(struct vz_store *s, struct vz_mover *mover, const char *env, struct vz_auto_event *ret, struct vz_err *err)
{
	auto_checks struct vz_checks checks = {0};
	__attribute__((cleanup(vz_env_release))) struct vz_env e = {0};
	struct note n = {0};
	int rc;

	if (find(s, env, &n, err) < 0 || vz_env_read(s, env, &e, err) < 0) {
		vz_document_release(&kind, &n);
		/* gone with its environment, or of no use */
		return err->code == VZ_NOTFOUND || err->code == VZ_DAMAGED ? end(s, env, err) : -1;
	}
	ret->from = n.from;
	ret->to = e.generation;
	if (e.generation == n.from || vz_digest_cmp(&e.shows.image, &n.image) != 0)
		rc = end(s, env, err);
	else
		rc = vz_checks_of(s, &e.shows, &checks, err) < 0 ? -1 : judge(s, mover, &checks, &n, ret, err);
	vz_document_release(&kind, &n);
	return rc;
}

int vz_trial_names(const struct vz_store *s, struct vz_texts *ret, struct vz_err *err)
{
	auto_texts struct vz_texts names = {0};

	if (vz_list_dir(vz_store_fd(s), DIRECTORY, &names, err) < 0)
		return err->code == VZ_NOTFOUND ? 0 : -1;
	/* others are half written */
	for (size_t i = 0; i < names.n; i++)
		if (vz_name_is_sane(names.v[i]))
			vz_texts_add(ret, names.v[i]);
	return 0;
}

int vz_trial_resume(struct vz_store *s, struct vz_mover *mover, struct vz_auto_log *log, struct vz_err *err)
{
	auto_texts struct vz_texts names = {0};

	if (vz_trial_names(s, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		struct vz_auto_event event = {0};

		event.name = vz_strdup(names.v[i]);
		if (resume(s, mover, names.v[i], &event, err) < 0) {
			vz_auto_event_release(&event);
			return -1;
		}
		if (event.state != VZ_AUTO_SAME)
			vz_auto_log_add(log, &event);
		vz_auto_event_release(&event);
	}
	return 0;
}

/* The newest of the generations it came by that shows nothing condemned; 0: there is none. */
static unsigned good_generation(struct vz_store *s, const struct vz_env *e)
{
	size_t n = 0;
	auto_free unsigned *from = vz_env_ancestors(s, e, &n);

	for (size_t i = 0; i < n; i++) {
		auto_env struct vz_env was = {0};
		struct vz_err ignored;

		if (vz_env_generation(s, e->name, from[i], &was, &ignored) == 0 && !vz_verdict_is_bad(s, &was.shows.image))
			return from[i];
	}
	return 0;
}

int vz_trial_withdraw(struct vz_store *s, struct vz_mover *mover, const char *env, struct vz_auto_event *ret,
		      struct vz_err *err)
{
	auto_env struct vz_env e = {0};

	*ret = (struct vz_auto_event){0};
	if (vz_env_read(s, env, &e, err) < 0)
		return -1;
	ret->name = vz_strdup(env);
	ret->from = ret->to = e.generation;
	if (!vz_verdict_is_bad(s, &e.shows.image))
		return 0;
	ret->to = good_generation(s, &e);
	if (!ret->to) {
		ret->state = VZ_AUTO_FAILED;
		ret->words = vz_printf("it shows what is known to be bad, and has no earlier generation that does not");
	} else if (mover && go_back(mover, env, ret->to, err) < 0) {
		ret->state = VZ_AUTO_FAILED;
		ret->words = vz_strdup(err->msg);
	} else {
		ret->state = VZ_AUTO_BACK;
		ret->words = vz_printf("%s@%u failed elsewhere", e.shows.template_name, e.shows.template_version);
	}
	return 0;
}
