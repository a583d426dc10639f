# backfeed_record NUMBER CALL...: writes down what a call prints.
backfeed_record() {
  local said LC_ALL=C.UTF-8
  said=$("${@:2}" </dev/null 2>/dev/null) || return 0
  [[ $said ]] || return 0
  said=${said@Q}
  ((${#said} <= 400)) && builtin printf '\nbackfeed-record %d %s\n' "$1" "$said"
}
@CALLS@
:
