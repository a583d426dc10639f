# What a build tries, while it is a build.
cat "@CANARY@" 2>/dev/null >out
(echo changed >"@CANARY@") 2>/dev/null
(echo x >/dev/tcp/127.0.0.1/@PORT@) 2>/dev/null
env >>out
nohup sleep 15 >/dev/null 2>&1 &
: >/tmp/@TAG@
exit 0
