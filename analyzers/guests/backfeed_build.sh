# Builds one package of Go as the program ./main:
#   sh backfeed_build.sh go LANG GODEBUG [-t MAIN] FILE... -- COMMAND...
# The compiler and the linker are called themselves, where what a package imports was compiled
# ahead. Where that fails COMMAND builds it, or says what is wrong. With -t the package is one of
# tests, and MAIN the file of the program that runs them.
home=/usr/local/lib/backfeed/go
shift
lang=$1 debug=$2 main='' files=''
shift 2
if [ "$1" = -t ]; then
    main=$2
    shift 2
fi
while [ "$1" != -- ]; do
    files="$files $1"
    shift
done
shift
export GOMAXPROCS=1

compile() {
    name=$1 archive=$2
    shift 2
    "$tools/compile" -o "$archive" -p "$name" -complete -dwarf=false -trimpath "$PWD=>" $lang \
        -importcfg "$listed" -pack "$@"
}

direct() {
    read -r made <"$home/VERSION" && read -r here <"$home/root/VERSION" || return
    [ "$made" = "$here" ] && [ "$files" ] || return
    for tools in "$home"/root/pkg/tool/*_*; do :; done
    listed=$home/importcfg
    if [ "$main" ]; then
        compile backfeed/tested /tmp/tested.a $files || return
        listed=/tmp/importcfg
        { cat "$home/importcfg"; echo packagefile backfeed/tested=/tmp/tested.a; } >$listed
        set -- "$main"
    else
        set -- $files
    fi
    compile main /tmp/main.a "$@" || return
    "$tools/link" -o main -importcfg "$listed" -s -w -X testing.testBinary=1 \
        -X "runtime.godebugDefault=$debug" /tmp/main.a
}

direct >/dev/null 2>&1 && exit
command -v go >/dev/null || { echo "the sandbox has no program 'go'" >&2; exit 127; }
[ ! -d "$home/cache" ] || export GOCACHE="$home/cache"
exec "$@"
