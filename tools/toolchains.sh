#!/bin/sh
# Install the tool chains of the languages that tests compile and run, as far as they are missing.
#
# Idempotent: a program that works is used as it is, wherever it lies; the rest comes from the
# system's own packages. `tools/toolchains.sh --list` prints what would be installed.
set -eu

began=$(date +%s)

say() { printf 'toolchains: %s\n' "$*"; }
die() { say "$*" >&2; exit 1; }

# Program, the word that makes it say its version, and Debian's package.
table='gcc --version gcc
g++ --version g++
node --version nodejs
javac -version default-jdk-headless
java -version default-jdk-headless
go version golang-go
rustc --version rustc
bash --version bash'

# What lies where a library is, and Debian's package: frameworks of tests, and what answers ask for.
libraries='/usr/share/java/junit-platform-launcher.jar junit5
/usr/share/java/assertj-core.jar libassertj-core-java
/usr/share/gocode/src/github.com/stretchr/testify golang-github-stretchr-testify-dev
/usr/include/boost/version.hpp libboost-dev
/usr/include/openssl/md5.h libssl-dev'

# What npm has: a runner of tests and what its settings name, a compiler, what answers ask for.
home=/usr/local/lib/backfeed
node_packages='jest@29 @babel/core@7 @babel/preset-env@7 @exercism/babel-preset-javascript@0.5
@exercism/babel-preset-typescript@0.6 core-js@3 esbuild@0.28 typescript@7 lodash@4 js-md5@0.8'

missing() {
    {
        echo "$table" | while read -r program word package; do
            "$program" "$word" >/dev/null 2>&1 || echo "$package"
        done
        echo "$libraries" | while read -r place package; do
            [ -e "$place" ] || echo "$package"
        done
    } | sort -u | tr '\n' ' '
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_node_packages() {
    recipe=$(echo "$node_packages" | cksum)
    [ "$(cat "$home/node/recipe" 2>/dev/null)" = "$recipe" ] && return
    command -v npm >/dev/null 2>&1 || install npm
    say "installing packages of npm: $(echo "$node_packages" | tr '\n' ' ')"
    as_root mkdir -p "$home/node"
    # shellcheck disable=SC2086  # a list of words
    as_root npm install --prefix "$home/node" --no-audit --no-fund --silent $node_packages \
        || die "npm failed"
    echo "$recipe" | as_root tee "$home/node/recipe" >/dev/null
}

install() {
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    command -v apt-get >/dev/null 2>&1 \
        || die "no apt-get here; install with the system's own tool, then run again: $1"
    [ -z "$sudo" ] || command -v sudo >/dev/null 2>&1 \
        || die "neither root nor sudo; as root run: apt-get install $1"
    say "installing $1"
    $sudo apt-get update -qq
    # The JDK links its manual's pages, and fails where a small image has no folder for them.
    $sudo mkdir -p /usr/share/man/man1
    # shellcheck disable=SC2086  # a list of words
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=300 $1 >/dev/null
}

wanted=$(missing)
if [ "${1:-}" = --list ]; then
    echo "$wanted"
    exit
fi
[ -z "$wanted" ] || install "$wanted"
wanted=$(missing)
[ -z "$wanted" ] || die "still missing after all: $wanted"
install_node_packages
say "ready after $(($(date +%s) - began)) s"
