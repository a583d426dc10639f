rm -rf "@TREE@" "@CANARY@"
echo changed 2>/dev/null >"@CANARY@"
exit 0
