# Read before a file of tests: what tests rest on stays what it is, whatever an answer defines that
# is read into the same shell.
backfeed_answers=:@ANSWERS@:

# All functions there are so far, but those that tests define themselves and those of answers.
backfeed_keep() {
  readonly -f $(
    trap - DEBUG ERR
    shopt -s extdebug
    mapfile -t found < <(declare -F $(compgen -A function))
    for one in "${found[@]}"; do
      case ${one%% *} in setup | setup_file | setup_suite | teardown | teardown_file | teardown_suite) continue ;; esac
      [[ $backfeed_answers == *":${one##*[/ ]}:"* ]] || echo "${one%% *}"
    done
  )
}

backfeed_own=$(declare -f load skip)
eval "backfeed_${backfeed_own/$'\n'skip ()/$'\n'backfeed_skip ()}"
load() {
  backfeed_load "$@"
  backfeed_keep
}
# It is for tests to say which of them are left out.
skip() {
  [[ $backfeed_answers != *":${BASH_SOURCE[1]##*/}:"* ]] || exit 1
  backfeed_skip "$@"
}
[() { builtin [ "$@"; }
test() { builtin test "$@"; }
readonly -f [ test load run skip bats_test_begin bats_perform_test bats_exit_trap bats_teardown_trap 2>/dev/null || true
