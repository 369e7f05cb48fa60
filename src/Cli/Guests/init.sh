#!/bin/busybox sh
# First program of the guests that Doppel knows by name: Debian's busybox, and nothing else.
# Kernel parameter run=CMD (spaces as +): run CMD, print GUEST-DONE rc=N, power off. Without it: a shell.
/bin/busybox --install -s /bin
export PATH=/bin HOME=/root TERM="${TERM:-linux}" PS1='guest# '
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts
mount -t devpts pts /dev/pts 2>/dev/null
hostname guest
cd /root
for word in $(cat /proc/cmdline); do
    case $word in
        run=*) run=$(echo "${word#run=}" | tr + ' ') ;;
    esac
done
if [ -n "$run" ]; then
    sh -c "$run"
    echo "GUEST-DONE rc=$?"
    sync
    poweroff -f
fi
echo
echo "Linux $(uname -r) on $(uname -m), with busybox. To switch this machine off: poweroff -f"
# A session of its own with the console as controlling terminal: without it the shell has no job control and Ctrl-C goes nowhere.
while :; do
    setsid cttyhack sh
done
