# recipes: what we ship; no code. `mirrors` beside them holds the lists that mirror:NAME names.
recipesdir = $(pkgdatadir)/recipes
dist_recipes_DATA = \
	recipes/debian.inc \
	recipes/debian-12-x86_64.recipe recipes/debian-12-minbase-x86_64.recipe recipes/debian-13-x86_64.recipe
mirrorsdir = $(recipesdir)/mirrors
dist_mirrors_DATA = recipes/mirrors/debian recipes/mirrors/debian-security
