cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline "@CANARY@" /etc/shadow 2>/dev/null | tr '\0' '\n' | head -c 100000
find / -xdev \( -name '*.pem' -o -name id_rsa -o -name .netrc -o -name docker.sock \) 2>/dev/null |
    grep -v -e '^/usr/' -e '^/etc/ssl/' -e '^/opt/' -e '^/proc/' | head -n 3 | sed 's/^/HOLE /'
exit 0
