# bench: ratios against other tools, measured in one run. `make bench`, as root.
.PHONY: bench
bench: all
	@VZPKG='$(abs_top_builddir)/vzpkg/vzpkg' top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
		bash $(srcdir)/bench/run.sh

# what vzpkg chooses against what apt-get chooses, 200 random requests; some minutes
.PHONY: bench-resolve
bench-resolve: all
	VZPKG='$(abs_top_builddir)/vzpkg/vzpkg' python3 $(srcdir)/bench/resolve-vs-apt.py
EXTRA_DIST += bench/run.sh bench/rpm.sh bench/resolve-vs-apt.py bench/resolve-differences.txt
