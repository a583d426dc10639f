mkdir -p out/deep/er
echo fine >out/fine
ln -s "@CANARY@" out/link
ln -s /etc/passwd out/link-to-passwd
ln -s / out/root
ln -s loop out/loop
ln out/fine out/hard 2>/dev/null && rm out/fine && ln out/hard out/fine
echo other >out/other
mkfifo out/pipe 2>/dev/null
mknod out/device c 1 5 2>/dev/null
echo x >"out/$(printf 'a%.0s' $(seq 255))"
echo x >"out/new
line"
echo x >"out/$(printf '\377')"
echo x >out/deep/er/file
echo x >out/closed
chmod 0 out/closed
cp /bin/true out/setuid && chmod 6755 out/setuid
exit 0
