trap '' TERM INT HUP QUIT XCPU
while :; do :; done
