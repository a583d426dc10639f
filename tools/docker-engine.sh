#!/bin/sh
# Make sure that a Docker engine answers and that it holds the image `backfeed-base`.
#
# Idempotent. An engine that answers is used as it is. Otherwise, as root on a
# Debian-like system, docker.io is installed and a dockerd of our own is started:
# without bridge and firewall rules, since programs under test get no network.
# The image is made from the Debian archive by debootstrap, because no image
# registry needs to be reachable.
set -eu

image=backfeed-base
recipe=2   # raise it when the image is made another way: older ones are made anew
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
    setsid dockerd --iptables=false --ip6tables=false --bridge=none >"$log" 2>&1 </dev/null &
    waited=0
    until answers; do
        waited=$((waited + 1))
        [ "$waited" -le 60 ] || { tail -n 20 "$log" >&2; die "dockerd did not answer in 60 s"; }
        sleep 1
    done
}

# The whole standard library of Python is in Debian's python3; nothing else is added.
build_image() {
    install debootstrap debootstrap
    [ "$(id -u)" = 0 ] || die "the image $image is missing, and only root can run debootstrap"
    codename=$(. /etc/os-release && echo "${DEBIAN_CODENAME:-${VERSION_CODENAME:-bookworm}}")
    [ -e "/usr/share/debootstrap/scripts/$codename" ] || codename=bookworm
    root=$(mktemp -d)
    trap 'rm -rf "$root"' EXIT INT TERM
    chmod 755 "$root"
    say "building $image from Debian $codename"
    debootstrap --variant=minbase --include=python3 "$codename" "$root" >"$log.debootstrap" 2>&1 \
        || { tail -n 20 "$log.debootstrap" >&2; die "debootstrap failed"; }
    # The archive below forgets when files were changed, and with that Python its compiled modules:
    # it would compile the library again in every program.
    chroot "$root" python3 -m compileall -q -f --invalidation-mode unchecked-hash /usr/lib/python3*
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/debootstrap
    tar -C "$root" --sort=name --mtime=@0 --numeric-owner -c . \
        | docker import --change 'CMD ["python3"]' --change "LABEL backfeed.recipe=$recipe" - "$image" \
        >/dev/null
}

is_current() {
    [ "$(docker image inspect --format '{{index .Config.Labels "backfeed.recipe"}}' "$image" 2>/dev/null)" \
        = "$recipe" ]
}

began=$(date +%s)
{ command -v docker >/dev/null 2>&1 && answers; } || start_engine
is_current || build_image
say "ready after $(($(date +%s) - began)) s: $(docker version --format '{{.Server.Version}}'), image $image"
