#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Templates go from host to host through a registry, the one that the distribution has: only what lacks, signed and
# checked, and with one clear line when something is wrong.
. "${top_srcdir:?}/tests/lib/flow.sh"
for tool in docker-registry skopeo openssl perl; do
	command -v $tool >/dev/null || skip "needs $tool"
done
with_base
export REGISTRY_AUTH_FILE=$tmp/auth.json

# registry DIR [more of its configuration]: serves on loopback; its address without the scheme in $registry
registry() {
	local port tries
	for tries in 1 2 3 4 5; do
		port=$((20000 + (RANDOM + $$ + tries * 97) % 12000))
		cat >"$1.yml" <<-END
			version: 0.1
			log:
			  level: error
			  accesslog:
			    disabled: true
			storage:
			  filesystem:
			    rootdirectory: $1
			http:
			  addr: 127.0.0.1:$port
			${2:-}
		END
		# it takes variables of that name for its configuration
		env -u REGISTRY_AUTH_FILE docker-registry serve "$1.yml" >"$1.log" 2>&1 </dev/null &
		servers+=($!)
		while kill -0 "${servers[-1]}" 2>/dev/null; do
			! (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { registry=127.0.0.1:$port; return 0; }
			sleep 0.05
		done
	done
	die "no registry: $(cat "$1.log")"
}
other() { "$VZPKG" --root "$tmp/other" --no-progress "$@"; }
files() { "$@" dump base | sha256sum; }

openssl ecparam -genkey -name prime256v1 -noout -out "$tmp/key" 2>/dev/null
openssl ec -in "$tmp/key" -pubout -out "$tmp/key.pub" 2>/dev/null
openssl ecparam -genkey -name prime256v1 -noout -out "$tmp/stranger" 2>/dev/null
openssl ec -in "$tmp/stranger" -pubout -out "$tmp/stranger.pub" 2>/dev/null

# there and back
registry "$tmp/store"
there=$registry/team/base
run 0 vz --json push base "$there" --sign "$tmp/key"
artifact=$(json .digest) size=$(json .size)
same "$(json .sent)" "$size" "of an empty registry"
[ "$(json .blobs)" -gt 50 ] || die "not a blob for each package"
run 0 vz --json push base "$there:again" --sign "$tmp/key"
same "$(json '[.sent, .digest] | @csv')" "0,\"$artifact\"" "the same again"
run 0 other --json pull "$there" --key "$tmp/key.pub"
same "$(json '[.changed, .artifact] | @csv')" "true,\"$artifact\""
same "$(files other)" "$(files vz)"
run 0 other verify
run 0 other --json pull "$there@sha256:$artifact" --key "$tmp/key.pub"
same "$(json .changed)" false
[ "$(json .fetched)" -lt $((size / 10)) ] || die "$(json .fetched) bytes were fetched though all is here"
run 0 other create env web base
run 0 other exec web -- dpkg --audit
[ ! -s "$out" ] || die "dpkg has complaints"
run 0 other remove env web

# what others see of it, and of the signature
run 0 skopeo inspect --raw --tls-verify=false "docker://$there"
same "$(json .artifactType)" application/vnd.vzpkg.template.v1
same "$(sha256sum <"$out" | cut -d' ' -f1)" "$artifact"
run 0 skopeo inspect --raw --tls-verify=false "docker://$there:sha256-$artifact.sig"
json '.layers[0].annotations["dev.cosignproject.cosign/signature"]' | base64 -d >"$tmp/signature"
blob=$(json '.layers[0].digest' | cut -d: -f2)
cp "$tmp/store/docker/registry/v2/blobs/sha256/${blob:0:2}/$blob/data" "$tmp/payload"
run 0 openssl dgst -sha256 -verify "$tmp/key.pub" -signature "$tmp/signature" "$tmp/payload"
same "$(jq -r '.critical.image["docker-manifest-digest"]' "$tmp/payload")" "sha256:$artifact"

# an update: a registry keeps each package once, twenty hosts fetch what is new
sed 's/^install.*/& less/' "$tmp/base.recipe" >"$tmp/new" && mv "$tmp/new" "$tmp/base.recipe"
run 0 vz create template "$tmp/base.recipe"
run 0 vz --json push base "$there" --sign "$tmp/key"
[ "$(json .sent)" -lt $((size / 4)) ] || die "$(json .sent) bytes were sent for one package more"
printf 'base: %s bytes; one package more: %s bytes sent\n' "$size" "$(json .sent)"
mkdir "$tmp/hosts"
for i in $(seq 20); do
	cp -al "$tmp/other" "$tmp/hosts/$i"
	run 0 "$VZPKG" --root "$tmp/hosts/$i" --json --no-progress pull "$there" --key "$tmp/key.pub"
	fetched=$(json .fetched)
	[ "$fetched" -lt $((size / 4)) ] || die "host $i fetched $fetched bytes"
	printf 'host %s fetched %s bytes\n' "$i" "$fetched"
	rm -rf "$tmp/hosts/$i"
done

# signatures
refused() {
	local code=$1 why=$2
	shift 2
	rm -rf "$tmp/other"
	run "$code" other pull "$@"
	one_error_line
	said "$why"
	[ -z "$(find "$tmp/other/templates" "$tmp/other/images" "$tmp/other/staging" -mindepth 1 2>/dev/null)" ] || die "'$*' left something"
}
refused 5 'no good signature' "$there" --key "$tmp/stranger.pub"
run 0 vz push base@1 "$there:plain"
refused 2 '--unsigned' "$there:plain"
refused 3 'No such file' "$there" --key "$tmp/nowhere"
# the tag of a good signature, for something else
run 0 vz create env e base@1
run 0 vz push e "$there:e"
run 0 skopeo inspect --raw --tls-verify=false "docker://$there:e"
forged=$(sha256sum <"$out" | cut -d' ' -f1)
refused 5 'is not signed' "$there:e" --key "$tmp/key.pub"
run 0 skopeo copy -q --src-tls-verify=false --dest-tls-verify=false \
	"docker://$there:sha256-$artifact.sig" "docker://$there:sha256-$forged.sig"
refused 5 'for another manifest' "$there:e" --key "$tmp/key.pub"
run 0 vz remove env e
refused 3 "has no 'team/base:none'" "$there:none" --unsigned
refused 2 'not a name in a registry' "Bad//Name" --unsigned
refused 7 'offline' "$there" --unsigned --offline

# faults on the way
python3 "$top_srcdir/tests/lib/registry.py" "$registry" "$tmp/faults" >"$tmp/front" 2>"$tmp/front.log" </dev/null &
servers+=($!)
soon test -s "$tmp/front"
front=$(sed 's,http://,,' "$tmp/front")
fault() { printf '%s\n' "$@" >"$tmp/faults"; }
fault '* /v2/ status 401'
refused 1 'refuses access' "$front/team/base" --unsigned
fault '* /v2/ status 404'
refused 3 'has no' "$front/team/base" --unsigned
for status in 429 500; do
	fault "* /v2/ status $status"
	refused 7 "answers $status" "$front/team/base" --unsigned
	fault "GET /blobs/ status $status"
	refused 7 "answers $status" "$front/team/base" --unsigned
done
fault 'GET /blobs/ status 404'
refused 3 'has no' "$front/team/base" --unsigned
fault 'GET /blobs/ cut'
refused 7 '' "$front/team/base" --unsigned
fault 'GET /blobs/ corrupt'
refused 5 'wrong digest' "$front/team/base" --unsigned
fault "GET /manifests/sha256 corrupt"
refused 5 'something else than' "$front/team/base@sha256:$artifact" --unsigned
# what passes, is asked again, and goes on, with ranges and without
fault 'GET /manifests/ status 500 times 1' 'GET /blobs/ status 429 times 1' 'GET /blobs/ cut times 1' '* /blobs/ no-range'
rm -rf "$tmp/other"
run 0 other pull "$front/team/base:again" --key "$tmp/key.pub"
same "$(files other)" "$(vz dump base@1 | sha256sum)"

# who may: by a token that another gives, and by user and password
printf '{"auths":{"%s/team":{"auth":"%s"}}}' "$front" "$(printf u:p | base64)" >"$REGISTRY_AUTH_FILE"
fault '* /v2/ token secret'
run 0 other pull "$front/team/base:again" --key "$tmp/key.pub"
printf '{"auths":{"%s":{"auth":"%s"}}}' "$front" "$(printf u:wrong | base64)" >"$REGISTRY_AUTH_FILE"
refused 1 'refuses access' "$front/team/base" --unsigned
# shellcheck disable=SC2016 # what follows the dollars is for crypt
perl -e 'print "u:", crypt("p", q($2b$05$abcdefghijklmnopqrstuu)), "\n"' >"$tmp/htpasswd"
registry "$tmp/closed" "auth:
  htpasswd:
    realm: here
    path: $tmp/htpasswd"
run 1 vz push base "$registry/base"
said 'refuses access'
one_error_line
run 0 skopeo login --tls-verify=false --authfile "$REGISTRY_AUTH_FILE" -u u -p p "$registry"
run 0 vz push base "$registry/base"
run 0 other pull "$registry/base" --unsigned
same "$(files other)" "$(files vz)"
done_ok
