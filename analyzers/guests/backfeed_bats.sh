# Runs bats on files of tests, and records on descriptor 3 what they came to.
#
# Neither the descriptor nor the word is handed on. A test's answer is a child of bats: what it
# writes there as TAP is one line too many for its test.
read -r word <backfeed_word
rm -f backfeed_word backfeed_bats.sh
planned=-1 passed=0 failed=0 skipped=0 wrong='' message='' line=0

record() {
  local error=null
  if [[ $1 ]]; then
    message=${2//[\\[:cntrl:]]/ }
    message=${message//\"/\'}
    error="{\"type\": \"$1\", \"message\": \"${message:0:300}\", \"line\": $3}"
  fi
  printf '{"word": "%s", "tests": [{"executed": %d, "phase": "test", "error": %s}]}' \
    "$word" "$((passed + failed))" "$error" >&3
}

digest() {
  find . -name '*.bats' -o -name '*.bash' | LC_ALL=C sort | xargs -d '\n' cksum 2>&1
}

# Each line of TAP in its turn; what follows a failure tells of it.
read_tap() {
  local text number last=0
  while IFS= read -r text; do
    if [[ $text =~ ^1\.\.([0-9]+)$ ]]; then
      ((planned < 0)) && planned=${BASH_REMATCH[1]} || wrong='two plans'
    elif [[ $text =~ ^(not\ )?ok\ ([0-9]+)\ ?(.*)$ ]]; then
      number=${BASH_REMATCH[2]}
      ((10#$number == ++last)) || wrong="test $number out of its turn"
      if [[ ${BASH_REMATCH[1]} ]]; then
        ((failed++ == 0)) && message=${BASH_REMATCH[3]}
      elif [[ ${BASH_REMATCH[3]} =~ \ #\ skip ]]; then
        ((++skipped))
      else
        ((++passed))
      fi
    elif ((failed == 1 && line == 0)) && [[ $text =~ ^#.*in\ test\ file\ .*,\ line\ ([0-9]+) ]]; then
      line=${BASH_REMATCH[1]}
    elif ((failed == 1)) && [[ $text =~ ^#\ \ \ \`(.*)\'\ failed ]]; then
      message+=": ${BASH_REMATCH[1]}"
    fi
  done
}

if ! command -v bats >/dev/null; then
  record ModuleNotFoundError bats 0
  exit 1
fi
before=$(digest)
tap=$(bats --tap --print-output-on-failure "$@" 2>&1 3>&-)
status=$?
printf '%s\n' "$tap"
read_tap <<<"$tap"
if [[ $wrong || $before != "$(digest)" ]]; then
  echo "no record: ${wrong:-the tests have been changed}" >&2
elif ((failed)); then
  record AssertionError "$message" "$line"
elif ((status == 0 && planned == passed + skipped)); then
  record '' '' 0
else
  record error "bats ended with $status after $((passed + skipped)) of $planned tests" 0
fi
exit "$status"
