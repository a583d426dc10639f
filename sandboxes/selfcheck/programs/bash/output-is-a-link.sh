ln -s "@CANARY@" out
exit 0
