# Whatever is collected, it is never what a link leads to.
mkdir out
echo fine >out/fine
(
    trap '' TERM HUP
    end=$((SECONDS + 3))
    while [ $SECONDS -lt $end ]; do
        ln -sfn "@CANARY@" out/swapped
        rm -f out/swapped
        echo x >out/swapped
        mv out out-real && ln -s "@TREE@" out && rm out && mv out-real out
    done
) >/dev/null 2>&1 &
sleep 0.3
