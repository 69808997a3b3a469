# bench: ratios against other tools, measured in one run. `make bench`, as root.
.PHONY: bench
bench: all
	@VZPKG='$(abs_top_builddir)/vzpkg/vzpkg' top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
		bash $(srcdir)/bench/run.sh

# what vzpkg chooses against what apt-get chooses, 200 random requests; some minutes
.PHONY: bench-resolve
bench-resolve: all
	VZPKG='$(abs_top_builddir)/vzpkg/vzpkg' python3 $(srcdir)/bench/resolve-vs-apt.py

# the same against dnf, over rpm-md repositories
.PHONY: bench-resolve-rpm
bench-resolve-rpm: all
	@VZPKG='$(abs_top_builddir)/vzpkg/vzpkg' top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
		bash $(srcdir)/bench/resolve-rpm.sh
# a million objects marked and swept
EXTRA_PROGRAMS += bench/clean
bench_clean_SOURCES = bench/clean.c
bench_clean_LDADD = $(STORE_LIBS)
.PHONY: bench-clean
bench-clean: all bench/clean$(EXEEXT)
	@VZPKG='$(abs_top_builddir)/vzpkg/vzpkg' top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
		bash $(srcdir)/bench/clean.sh
EXTRA_DIST += bench/clean.sh
# what updates cost, of a template and of a thousand environments
.PHONY: bench-update
bench-update: all
	@VZPKG='$(abs_top_builddir)/vzpkg/vzpkg' top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
		bash $(srcdir)/bench/update.sh
EXTRA_DIST += bench/update.sh
# what many environments of one template cost, and how fast they move
.PHONY: bench-density
bench-density: all
	@VZPKG='$(abs_top_builddir)/vzpkg/vzpkg' top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
		bash $(srcdir)/bench/density.sh
EXTRA_DIST += bench/density.sh bench/run.sh bench/rpm.sh bench/resolve-vs-apt.py bench/resolve-differences.txt \
	bench/resolve-rpm.sh bench/resolve-vs-dnf.py bench/rpmmd_from_deb.py bench/resolve-rpm-differences.txt
