# Runs an answer and one test as one program, and records on descriptor 3 what they came to.
#
# The word lies in a pipe that is read when the test has ended. What an answer put in the place of
# commands that tests rest on is gone before the test begins.
exec {backfeed_record}>&3 3>&- {backfeed_words}<backfeed_spec
rm -f backfeed_spec backfeed_harness.sh
backfeed_phase=code backfeed_line=0 backfeed_told='' backfeed_shell=$BASHPID
readonly backfeed_record backfeed_words backfeed_shell

# backfeed_tell STATUS LINE: the record, which nobody but this file has written; the first is it.
backfeed_tell() {
  local word guards error=null
  [[ ! $backfeed_told && ${BASH_SOURCE[1]} == backfeed_harness.sh ]] || return 0
  backfeed_told=yes
  IFS=' ' builtin read -r word guards <&"$backfeed_words"
  if (($1)); then
    guards=0
    error="{\"type\": \"AssertionError\", \"message\": \"\", \"line\": $2}"
  fi
  builtin printf '{"word": "%s", "tests": [{"executed": %d, "phase": "test", "error": %s}]}' \
    "$word" "$guards" "$error" >&"$backfeed_record"
}

# The line of the test at which the stack of calls begins.
backfeed_place() {
  local at
  for ((at = ${#BASH_SOURCE[@]} - 1; at > 0; at--)); do
    if [[ ${BASH_SOURCE[at]} == ./backfeed_test.sh ]]; then
      backfeed_line=${BASH_LINENO[at - 1]}
      return 0
    fi
  done
}

# An exit that the test itself asks for is the test's end; an answer's that succeeds is none.
exit() {
  local status=${1-$?}
  if [[ $backfeed_phase == test && $BASHPID == "$backfeed_shell" ]]; then
    backfeed_place
    if [[ ${BASH_SOURCE[1]} == ./backfeed_test.sh || $status != 0 ]]; then
      backfeed_tell "$status" "$backfeed_line"
    fi
  fi
  builtin exit "$status"
}

# The program ends by itself: a command failed where errors end it, or somebody asked for it.
backfeed_left() {
  local status=$?
  if ((status)) && [[ $BASHPID == "$backfeed_shell" ]]; then
    backfeed_tell "$status" "$backfeed_line"
  fi
  eval "${backfeed_trap[0]-}"
}

# In POSIX mode `unset` is found before a function of that name.
backfeed_put_back() {
  local options=:$BASHOPTS: name
  POSIXLY_CORRECT=1
  for name in builtin : '[' command declare eval printf read return set source test trap unset; do
    unset -f "$name" || return
  done
  unset POSIXLY_CORRECT
  builtin set +o posix
  [[ $options == *:inherit_errexit:* ]] || builtin shopt -u inherit_errexit
  builtin shopt -u expand_aliases
  builtin unalias -a
  builtin trap - DEBUG ERR RETURN
  [() { builtin [ "$@"; }
  test() { builtin test "$@"; }
  builtin readonly -f '[' test
}
readonly -f backfeed_tell backfeed_place backfeed_left backfeed_put_back exit

source ./main.sh
backfeed_put_back || builtin exit 1
backfeed_trap=$(builtin trap -p EXIT)
builtin eval "backfeed_trap=(${backfeed_trap#trap -- })"
builtin trap 'backfeed_left' EXIT
builtin trap 'backfeed_line=$LINENO' ERR
backfeed_phase=test
source ./backfeed_test.sh
backfeed_status=$?
backfeed_tell "$backfeed_status" "$backfeed_line"
builtin exit "$backfeed_status"
