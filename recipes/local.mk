# recipes: what we ship; no code. `mirrors` beside them holds the lists that mirror:NAME names.
recipesdir = $(pkgdatadir)/recipes
dist_recipes_DATA = \
	recipes/almalinux.inc recipes/centos-stream.inc recipes/debian.inc recipes/fedora.inc \
	recipes/opensuse-leap.inc recipes/rocky.inc \
	recipes/almalinux-10-x86_64.recipe recipes/almalinux-9-x86_64.recipe recipes/centos-stream-10-x86_64.recipe \
	recipes/centos-stream-9-x86_64.recipe recipes/debian-12-minbase-x86_64.recipe \
	recipes/debian-12-x86_64.recipe recipes/debian-13-x86_64.recipe recipes/fedora-44-x86_64.recipe \
	recipes/fedora-45-x86_64.recipe recipes/git.recipe recipes/mariadb.recipe recipes/nginx.recipe \
	recipes/nodejs.recipe recipes/openssh.recipe recipes/opensuse-leap-16.0-x86_64.recipe \
	recipes/opensuse-leap-16.1-x86_64.recipe recipes/opensuse-tumbleweed-x86_64.recipe recipes/php-fpm.recipe \
	recipes/postgresql.recipe recipes/python3.recipe recipes/redis.recipe recipes/rocky-10-x86_64.recipe \
	recipes/rocky-9-x86_64.recipe
mirrorsdir = $(recipesdir)/mirrors
dist_mirrors_DATA = recipes/mirrors/debian recipes/mirrors/debian-security
