#!/bin/sh
# Runs its arguments as the owner of the mounted folders, without root's rights.
#
# A mounted folder that is not there yet is made by Docker and is root's; one that is there belongs to
# whoever made it. No user fixed in the image could write to both, so this script, started as root,
#   - takes the owner of ./reports; if that is root, the owner of ./logs; if root again, user 10001;
#   - hands ./reports to that user if it is root's;
#   - gives up root for good and runs the arguments.
# Started as anyone else (docker run --user), or where the container's root is an ordinary user of the
# machine (rootless Docker and Podman), it runs the arguments as they are.
set -eu

read -r _ root_outside _ </proc/self/uid_map
if [ "$(id -u)" -ne 0 ] || [ "$root_outside" -ne 0 ]; then
    exec "$@"
fi

uid_of() { stat -c %u "$1" 2>/dev/null || echo 0; }

uid=10001 gid=10001
for folder in reports logs; do
    if [ "$(uid_of "$folder")" -ne 0 ]; then
        uid=$(uid_of "$folder")
        gid=$(stat -c %g "$folder")
        break
    fi
done
if [ -d reports ] && [ "$(uid_of reports)" -eq 0 ]; then
    chown "$uid:$gid" reports
fi
exec setpriv --reuid "$uid" --regid "$gid" --clear-groups --no-new-privs -- "$@"
