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
cargo --version cargo
ruby --version ruby
php --version php-cli
bash --version bash
bats --version bats
bc --version bc
gawk --version gawk
jq --version jq
lua5.4 -v lua5.4
perl --version perl'

# What lies where a library is, and Debian's package: frameworks of tests, and what answers ask for.
libraries='/usr/share/java/junit-platform-launcher.jar junit5
/usr/share/java/assertj-core.jar libassertj-core-java
/usr/share/gocode/src/github.com/stretchr/testify golang-github-stretchr-testify-dev
/usr/share/cargo/registry/rand-[0-9]* librust-rand-dev
/usr/share/cargo/registry/regex-[0-9]* librust-regex-dev
/usr/share/cargo/registry/md5-[0-9]* librust-md5-dev
/usr/include/boost/version.hpp libboost-dev
/usr/share/rubygems-integration/all/gems/minitest-[0-9]* ruby-minitest
/usr/share/php/PHPUnit/Autoload.php phpunit
/usr/lib/php/20[0-9]*/mbstring.so php-mbstring
/usr/lib/php/20[0-9]*/dom.so php-xml
/usr/lib/php/20[0-9]*/bcmath.so php-bcmath
/usr/lib/php/20[0-9]*/gmp.so php-gmp
/usr/lib/php/20[0-9]*/intl.so php-intl
/usr/include/openssl/md5.h libssl-dev
/usr/share/lua/5.4/busted/core.lua lua-busted
/usr/share/lua/5.4/luaunit.lua lua-unit
/usr/share/perl5/Test2/V0.pm libtest2-suite-perl
/usr/share/perl5/Test/Exception.pm libtest-exception-perl
/usr/share/perl5/Test/Deep.pm libtest-deep-perl
/usr/share/perl5/JSON.pm libjson-perl
/usr/share/perl5/List/MoreUtils.pm liblist-moreutils-perl
/usr/share/perl5/Moo.pm libmoo-perl
/usr/share/perl5/Try/Tiny.pm libtry-tiny-perl'

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
            # shellcheck disable=SC2086  # a pattern
            set -- $place
            [ -e "$1" ] || echo "$package"
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

# Testify in a GOPATH of its own, compiled ahead: that takes longer than most tests.
install_go_packages() {
    made="$home/go/pkg/$(go env GOOS)_$(go env GOARCH)/github.com/stretchr/testify/assert.a"
    [ ! -e "$made" ] || return 0
    say "compiling packages of Go: testify"
    for package in github.com/davecgh/go-spew github.com/pmezard/go-difflib \
        github.com/stretchr/objx github.com/stretchr/testify gopkg.in/yaml.v3; do
        as_root mkdir -p "$home/go/src/$package"
        as_root cp -rL "/usr/share/gocode/src/$package/." "$home/go/src/$package/"
    done
    cache=$(mktemp -d)
    (cd / && as_root env PATH="/usr/bin:/bin:$PATH" HOME="$cache" GOCACHE="$cache/go" \
        GOPATH="$home/go" GO111MODULE=off GOPROXY=off GOFLAGS= GOTOOLCHAIN=local CGO_ENABLED=1 \
        go install github.com/stretchr/testify/assert github.com/stretchr/testify/require \
        github.com/davecgh/go-spew/spew github.com/pmezard/go-difflib/difflib gopkg.in/yaml.v3) \
        || die "go install failed"
    as_root rm -rf "$cache"
    as_root chmod -R a+rX "$home/go"
}

# Crates that answers name, as libraries of the compiler that is used.
install_crates() {
    [ "$(cat "$home/rust/VERSION" 2>/dev/null)" != "$(rustc --version)" ] || return 0
    say "compiling crates: md5, rand, regex"
    made=$(mktemp -d)
    mkdir -p "$made/src" "$made/.cargo"
    : >"$made/src/lib.rs"
    printf '%s\n' '[package]' 'name = "ahead"' 'version = "0.0.0"' 'edition = "2021"' \
        '[dependencies]' 'md5 = "0.7"' 'rand = "0.8"' '[dependencies.regex]' 'version = "1"' \
        'default-features = false' \
        'features = ["std", "unicode", "perf-cache", "perf-dfa", "perf-inline"]' \
        >"$made/Cargo.toml"
    printf '%s\n' '[source.crates-io]' 'replace-with = "here"' '[source.here]' \
        'directory = "/usr/share/cargo/registry"' >"$made/.cargo/config.toml"
    (cd "$made" && PATH="/usr/bin:/bin:$PATH" cargo build --quiet --release --offline) \
        || die "cargo failed"
    as_root mkdir -p "$home/rust"
    as_root rm -f "$home/rust/"*.rlib
    for file in "$made"/target/release/deps/*.rlib; do
        case $file in */libahead-*) ;; *) as_root cp "$file" "$home/rust/" ;; esac
    done
    rm -rf "$made"
    as_root chmod -R a+rX "$home/rust"
    rustc --version | as_root tee "$home/rust/VERSION" >/dev/null
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
install_go_packages
install_crates
say "ready after $(($(date +%s) - began)) s"
