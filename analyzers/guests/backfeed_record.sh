# backfeed_record NUMBER CALL...: writes down what a call prints; of one that prints nothing, whether
# it fails.
backfeed_record() {
  local said status LC_ALL=C.UTF-8
  said=$("${@:2}" </dev/null 2>/dev/null)
  status=$?
  if [[ $said && $status == 0 ]]; then
    said=${said@Q}
  elif [[ ! $said && $status == [01] ]]; then
    said="'' && \$? == $status"
  else
    return 0
  fi
  ((${#said} <= 400)) && builtin printf '\nbackfeed-record %d %s\n' "$1" "$said"
  return 0
}
@CALLS@
:
