for number in 1 2 3; do
    nohup sleep 15 >/dev/null 2>&1 &
    disown
done
