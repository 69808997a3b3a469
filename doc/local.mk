# doc: manual pages, bash completion, and what the project explains about itself.
dist_man_MANS = doc/vzpkg.8 doc/vzpkg-manifest.5 doc/vzpkg-recipe.5
dist_doc_DATA = README CONTRIBUTING doc/architecture.md doc/image-format.md
bashcompletiondir = $(datadir)/bash-completion/completions
EXTRA_DIST += doc/vzpkg.bash-completion

install-data-local:
	$(MKDIR_P) $(DESTDIR)$(bashcompletiondir)
	$(INSTALL_DATA) $(srcdir)/doc/vzpkg.bash-completion $(DESTDIR)$(bashcompletiondir)/vzpkg
uninstall-local:
	rm -f $(DESTDIR)$(bashcompletiondir)/vzpkg
