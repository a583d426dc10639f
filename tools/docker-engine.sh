#!/bin/sh
# Make sure that a Docker engine answers and that it holds the images asked for.
#
#   tools/docker-engine.sh         backfeed-base: Debian and its Python
#   tools/docker-engine.sh tools   and backfeed-tools: base with the languages' tool chains
#
# Idempotent, and one at a time. An engine that answers is used as it is. Otherwise, as root on a
# Debian-like system, docker.io is installed and a dockerd of our own is started:
# without bridge and firewall rules, since programs under test get no network.
# The images are made from the Debian archive by debootstrap, because no image
# registry needs to be reachable.
set -eu

# Raise a number when its image is made another way: older ones are made anew.
base_recipe=2
tools_recipe=1
tool_chains="gcc g++ nodejs default-jdk-headless golang-go rustc bash"
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

# A folder for an image's tree, removed at the end with what is mounted in it.
new_tree() {
    [ "$(id -u)" = 0 ] || die "the image $1 is missing, and only root can make it"
    root=$(mktemp -d)
    trap 'umount "$root/proc" 2>/dev/null || true; rm -rf --one-file-system "$root"' EXIT INT TERM
    chmod 755 "$root"
}

# import IMAGE RECIPE: make it of the tree.
import() {
    # The archive below forgets when files were changed, and with that Python its compiled modules:
    # it would compile the library again in every program.
    chroot "$root" python3 -m compileall -q -f --invalidation-mode unchecked-hash /usr/lib/python3*
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/debootstrap
    tar -C "$root" --sort=name --mtime=@0 --numeric-owner -c . \
        | docker import --change 'CMD ["python3"]' --change "LABEL backfeed.recipe=$2" - "$1" \
        >/dev/null
    rm -rf --one-file-system "$root"
}

# The whole standard library of Python is in Debian's python3; nothing else is added.
build_base() {
    install debootstrap debootstrap
    new_tree backfeed-base
    codename=$(. /etc/os-release && echo "${DEBIAN_CODENAME:-${VERSION_CODENAME:-bookworm}}")
    [ -e "/usr/share/debootstrap/scripts/$codename" ] || codename=bookworm
    say "building backfeed-base from Debian $codename"
    debootstrap --variant=minbase --include=python3 "$codename" "$root" >"$log.debootstrap" 2>&1 \
        || { tail -n 20 "$log.debootstrap" >&2; die "debootstrap failed"; }
    import backfeed-base "$base_recipe"
}

build_tools() {
    new_tree backfeed-tools
    say "building backfeed-tools: $tool_chains"
    made=$(docker create backfeed-base)
    docker export "$made" | tar -C "$root" -x
    docker rm "$made" >/dev/null
    for folder in doc man info locale lintian; do
        echo "path-exclude=/usr/share/$folder/*"
    done >"$root/etc/dpkg/dpkg.cfg.d/backfeed"
    mkdir -p "$root/usr/share/man/man1"   # the JDK's set-up makes links there
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    mount -t proc proc "$root/proc"       # and starts Java, which finds itself there
    # shellcheck disable=SC2086  # a list of words
    { chroot "$root" apt-get update -qq \
        && chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends $tool_chains; } >"$log.tools" 2>&1 \
        || { tail -n 20 "$log.tools" >&2; die "apt-get failed"; }
    umount "$root/proc"
    import backfeed-tools "$base_recipe.$tools_recipe"
}

# is_current IMAGE RECIPE
is_current() {
    [ "$(docker image inspect --format '{{index .Config.Labels "backfeed.recipe"}}' "$1" 2>/dev/null)" \
        = "$2" ]
}

began=$(date +%s)
images=backfeed-base
if command -v flock >/dev/null 2>&1 && { true 9>>"$log.lock"; } 2>/dev/null; then
    exec 9>>"$log.lock"
    flock 9
fi
{ command -v docker >/dev/null 2>&1 && answers; } || start_engine
is_current backfeed-base "$base_recipe" || build_base
if [ "${1:-}" = tools ]; then
    images="$images, backfeed-tools"
    # A tree over an older base is as old as that.
    is_current backfeed-tools "$base_recipe.$tools_recipe" || build_tools
fi
say "ready after $(($(date +%s) - began)) s: $(docker version --format '{{.Server.Version}}'), $images"
