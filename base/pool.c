/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/alloc.h"

struct job {
	struct job *next;
	vz_pool_job run;
	void *arg;
};

struct vz_pool {
	pthread_mutex_t lock;
	pthread_cond_t more, done;
	struct job *first, **last;
	pthread_t *threads;
	unsigned n_threads, running;
	bool ending, failed;
	struct vz_err err;
};

static struct job *take(struct vz_pool *p)
{
	struct job *job = p->first;

	p->first = job->next;
	if (!p->first)
		p->last = &p->first;
	return job;
}

static void drop_all(struct vz_pool *p)
{
	while (p->first)
		free(take(p));
}

static void *worker(void *arg)
{
	struct vz_pool *p = arg;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct vz_err err = {0};
		struct job *job;
		int failed;

		while (!p->first && !p->ending)
			pthread_cond_wait(&p->more, &p->lock);
		if (!p->first)
			break;
		job = take(p);
		p->running++;
		pthread_mutex_unlock(&p->lock);
		failed = job->run(job->arg, &err);
		free(job);
		pthread_mutex_lock(&p->lock);
		p->running--;
		if (failed && !p->failed) {
			p->failed = true;
			p->err = err;
		}
		if (p->failed)
			drop_all(p);
		if (!p->running && !p->first)
			pthread_cond_broadcast(&p->done);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct vz_pool *vz_pool_new(unsigned threads)
{
	struct vz_pool *p = vz_new(struct vz_pool);
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	sigset_t all, old;

	if (!threads)
		threads = cpus < 2 ? 2 : cpus > 8 ? 8 : (unsigned)cpus;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	pthread_cond_init(&p->done, NULL);
	p->last = &p->first;
	p->threads = vz_alloc(threads * sizeof *p->threads);
	/* signals are for the thread that waits for something */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (p->n_threads < threads && pthread_create(&p->threads[p->n_threads], NULL, worker, p) == 0)
		p->n_threads++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!p->n_threads)
		abort();
	return p;
}

void vz_pool_add(struct vz_pool *p, vz_pool_job run, void *arg)
{
	struct job *job = vz_new(struct job);

	job->run = run;
	job->arg = arg;
	pthread_mutex_lock(&p->lock);
	if (p->failed) {
		free(job);
	} else {
		*p->last = job;
		p->last = &job->next;
		pthread_cond_signal(&p->more);
	}
	pthread_mutex_unlock(&p->lock);
}

int vz_pool_failed(struct vz_pool *p)
{
	int failed;

	pthread_mutex_lock(&p->lock);
	failed = p->failed;
	pthread_mutex_unlock(&p->lock);
	return failed;
}

static void end_threads(struct vz_pool *p)
{
	p->ending = true;
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n_threads; i++)
		pthread_join(p->threads[i], NULL);
	p->n_threads = 0;
}

int vz_pool_finish(struct vz_pool *p, struct vz_err *err)
{
	pthread_mutex_lock(&p->lock);
	while (p->running || p->first)
		pthread_cond_wait(&p->done, &p->lock);
	end_threads(p);
	if (!p->failed)
		return 0;
	*err = p->err;
	return -1;
}

void vz_pool_free(struct vz_pool *p)
{
	if (!p)
		return;
	if (p->n_threads) {
		pthread_mutex_lock(&p->lock);
		drop_all(p);
		end_threads(p);
	}
	pthread_cond_destroy(&p->more);
	pthread_cond_destroy(&p->done);
	pthread_mutex_destroy(&p->lock);
	free(p->threads);
	free(p);
}
