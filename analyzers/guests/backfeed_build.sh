# Builds one package of Go as the program ./main:
#   sh backfeed_build.sh go ROAD [FILE...] -- COMMAND...
# Where ROAD is not `command` the compiler and the linker are called themselves, with what a package
# imports compiled ahead. Where that fails COMMAND builds it, or says what is wrong. ROAD is `program`;
# or `tests`, and the first FILE is the program that runs those of the others; or `folder`, in which
# the others lie: what the go command would look at before it compiles is not for this road.
home=/usr/local/lib/backfeed/go
special='^(import )?[[:space:]]*"(C|embed)"|internal/|^//[[:space:]]*(go:(build|linkname|cgo_)|[+]build)'
shift
road=$1 files='' lang='' debug=randseednop=0
shift
while [ "$1" != -- ]; do
    files="$files $1"
    shift
done
shift
export GOMAXPROCS=1

# The language and the habits of a module's version, as the go command sets them.
module() {
    [ ! -e go.mod ] || while read -r word version _; do
        [ "$word" = go ] || continue
        lang=-lang=go$version minor=${version#1.} debug=
        minor=${minor%%[!0-9]*}
        [ "$minor" -ge 21 ] || debug=panicnil=1,
        [ "$minor" -ge 22 ] || debug=${debug}httpmuxgo121=1,
        [ "$minor" -ge 24 ] || debug=${debug}randseednop=0
        case $lang in *.*.*) lang=${lang%.*} ;; esac
        return
    done <go.mod
    [ ! -e go.mod ] || [ "$lang" ]
}

compile() {
    name=$1 archive=$2
    shift 2
    "$tools/compile" -o "$archive" -p "$name" -complete -dwarf=false -trimpath "$PWD=>" $lang \
        -importcfg "$listed" -pack "$@"
}

direct() {
    made='' here=''
    read -r made <"$home/VERSION"
    read -r here <"$home/goroot/VERSION"
    [ "$made" ] && [ "$made" = "$here" ] && [ "$road" != command ] || return
    for tools in "$home"/goroot/pkg/tool/*_*; do :; done
    listed=$home/importcfg
    set -- $files
    if [ "$road" != program ]; then
        main=$1
        shift
        if [ "$road" = folder ]; then
            module && set -- "$1"/*.go && ! grep -qE "$special" "$@" || return
        fi
        compile backfeed/tested /tmp/tested.a "$@" || return
        listed=/tmp/importcfg
        { cat "$home/importcfg"; echo packagefile backfeed/tested=/tmp/tested.a; } >$listed
        set -- "$main"
    fi
    compile main /tmp/main.a "$@" || return
    "$tools/link" -o main -importcfg "$listed" -s -w -X testing.testBinary=1 \
        -X "runtime.godebugDefault=$debug" /tmp/main.a
}

direct >/dev/null 2>&1 && exit
command -v go >/dev/null || { echo "the sandbox has no program 'go'" >&2; exit 127; }
# A cache that cannot be written to has no index of what lies where.
[ ! -d "$home/cache" ] || export GOCACHE="$home/cache" GODEBUG=goindex=0
exec "$@"
