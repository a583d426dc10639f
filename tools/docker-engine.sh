#!/bin/sh
# Make sure that a Docker engine answers and that it holds the images asked for.
#
#   tools/docker-engine.sh           backfeed-base: Debian and its Python
#   tools/docker-engine.sh tools     and backfeed-tools: over it, the tool chains of all languages
#   tools/docker-engine.sh go jvm    and backfeed-go, backfeed-jvm: over it, those of a family each
#
# Idempotent, and one at a time. An engine that answers is used as it is. Otherwise, as root on a
# Debian-like system, docker.io is installed and a dockerd of our own is started:
# without bridge and firewall rules, since programs under test get no network.
# The base is made from the Debian archive by debootstrap, because no image
# registry needs to be reachable; the others are sandboxes/images/NAME.Dockerfile over it.
set -eu

cd "$(dirname "$0")/.."
base_recipe=4   # raise it when the base is made another way: older images are made anew
log=${TMPDIR:-/tmp}/backfeed-dockerd.log

say() { printf 'docker-engine: %s\n' "$*"; }
die() { say "$*" >&2; exit 1; }
answers() { docker info >/dev/null 2>&1; }

# install PROGRAM PACKAGE: the package that has the program, if it is missing
install() {
    command -v "$1" >/dev/null 2>&1 && return
    [ "$(id -u)" = 0 ] || die "$1 is missing, and only root can install $2"
    command -v apt-get >/dev/null 2>&1 || die "$1 is missing, and there is no apt-get: install $2"
    say "installing $2"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null
}

start_engine() {
    install dockerd docker.io
    command -v docker >/dev/null 2>&1 || install docker docker-cli
    [ "$(id -u)" = 0 ] || die "no Docker engine answers, and only root can start one"
    say "starting dockerd, log in $log"
    setsid dockerd --iptables=false --ip6tables=false --bridge=none >"$log" 2>&1 </dev/null 9>&- &
    waited=0
    until answers; do
        waited=$((waited + 1))
        [ "$waited" -le 60 ] || { tail -n 20 "$log" >&2; die "dockerd did not answer in 60 s"; }
        sleep 1
    done
}

# The whole standard library of Python is in Debian's python3; nothing else is added. Authorities
# that this machine trusts besides Debian's go along, for builds that ask a registry.
build_base() {
    [ "$(id -u)" = 0 ] || die "the image backfeed-base is missing, and only root can make it"
    install debootstrap debootstrap
    root=$(mktemp -d)
    trap 'rm -rf --one-file-system "$root"' EXIT INT TERM
    chmod 755 "$root"
    codename=$(. /etc/os-release && echo "${DEBIAN_CODENAME:-${VERSION_CODENAME:-bookworm}}")
    [ -e "/usr/share/debootstrap/scripts/$codename" ] || codename=bookworm
    say "building backfeed-base from Debian $codename"
    debootstrap --variant=minbase --include=python3 "$codename" "$root" >"$log.debootstrap" 2>&1 \
        || { tail -n 20 "$log.debootstrap" >&2; die "debootstrap failed"; }
    {
        echo force-unsafe-io   # nobody needs an image of which a build ended half-way
        printf 'path-exclude=/usr/share/%s/*\n' doc man info locale lintian
    } >"$root/etc/dpkg/dpkg.cfg.d/backfeed"
    mkdir -p "$root/usr/local/share/ca-certificates"
    for file in /usr/local/share/ca-certificates/*.crt; do
        [ ! -e "$file" ] || cp "$file" "$root/usr/local/share/ca-certificates/"
    done
    # The archive below forgets when files were changed, and with that Python its compiled modules:
    # it would compile the library again in every program.
    chroot "$root" python3 -m compileall -q -f --invalidation-mode unchecked-hash /usr/lib/python3*
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/debootstrap
    tar -C "$root" --sort=name --mtime=@0 --numeric-owner -c . \
        | docker import --change 'CMD ["python3"]' --change "LABEL backfeed.recipe=$base_recipe" \
            - backfeed-base >/dev/null
    rm -rf --one-file-system "$root"
}

# What an image over the base is made of: one that was made of something else is made anew.
recipe() {
    echo "$base_recipe.$(cat "sandboxes/images/$1.Dockerfile" tools/toolchains.sh | cksum | tr ' ' .)"
}

build() {
    say "building backfeed-$1"
    old=$(docker image inspect --format '{{.Id}}' "backfeed-$1" 2>/dev/null || true)
    docker build --network host --build-arg BASE=backfeed-base --label "backfeed.recipe=$(recipe "$1")" \
        --force-rm -t "backfeed-$1" -f "sandboxes/images/$1.Dockerfile" tools >"$log.$1" 2>&1 \
        || { tail -n 20 "$log.$1" >&2; die "docker build failed, all of it in $log.$1"; }
    [ -z "$old" ] || docker rmi "$old" >/dev/null 2>&1 || true   # that may be in use, or the same
}

# is_current IMAGE RECIPE
is_current() {
    [ "$(docker image inspect --format '{{index .Config.Labels "backfeed.recipe"}}' "$1" 2>/dev/null)" \
        = "$2" ]
}

for name in "$@"; do
    [ -e "sandboxes/images/$name.Dockerfile" ] || die "there is no sandboxes/images/$name.Dockerfile"
done
began=$(date +%s)
images=backfeed-base
if command -v flock >/dev/null 2>&1 && { true 9>>"$log.lock"; } 2>/dev/null; then
    exec 9>>"$log.lock"
    flock 9
fi
{ command -v docker >/dev/null 2>&1 && answers; } || start_engine
is_current backfeed-base "$base_recipe" || build_base
for name in "$@"; do
    images="$images, backfeed-$name"
    is_current "backfeed-$name" "$(recipe "$name")" || build "$name"
done
say "ready after $(($(date +%s) - began)) s: $(docker version --format '{{.Server.Version}}'), $images"
