# As the bomb, but it ends by itself: 2 ^ 8 processes that sleep.
grow() {
    if [ "$1" -gt 0 ]; then
        grow $(($1 - 1)) &
        grow $(($1 - 1)) &
    fi
    sleep 2
}
grow 8 2>/dev/null
[ "$(ls -d /proc/[0-9]* | wc -l)" -gt 200 ] && echo HOLE
exit 0
