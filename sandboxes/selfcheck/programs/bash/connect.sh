(echo x >/dev/tcp/127.0.0.1/@PORT@) 2>/dev/null && echo HOLE
(echo x >/dev/udp/127.0.0.1/@UDP@) 2>/dev/null
exit 0
