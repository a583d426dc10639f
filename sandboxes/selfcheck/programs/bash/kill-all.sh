kill -9 -1
echo done
