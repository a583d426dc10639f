mkdir out
cd out || exit
for number in $(seq 12000); do : >$number; done
exit 0
