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

missing() {
    echo "$table" | while read -r program word package; do
        "$program" "$word" >/dev/null 2>&1 || echo "$package"
    done | sort -u | tr '\n' ' '
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
say "ready after $(($(date +%s) - began)) s"
