#!/bin/sh
# Installs system packages that are missing, where this user may. Usage: tools/packages.sh PACKAGE...
# Debian's names; on another system it says what to install by hand.
set -eu

is_there() {
    case $1 in
        postgresql) ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 ;;
        chromium) command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ;;
        fonts-noto-cjk) ls /usr/share/fonts/opentype/noto/NotoSansCJK* >/dev/null 2>&1 ;;
        ffmpeg) command -v ffmpeg >/dev/null 2>&1 && command -v ffprobe >/dev/null 2>&1 ;;
        libgomp1) ls /usr/lib/*/libgomp.so.1 >/dev/null 2>&1 ;;
        *) dpkg -s "$1" >/dev/null 2>&1 ;;
    esac
}

missing=
for package in "$@"; do
    is_there "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "These system packages are missing:$missing" >&2
    echo "Install them and try again; on Debian as root: apt-get install -y$missing" >&2
    exit 1
fi
echo "Installing system packages:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
case "$missing" in *postgresql*)
    # The server that Debian would make and start with the package is not wanted: tests start theirs in a folder.
    apt-get install -y -qq --no-install-recommends postgresql-common >/dev/null
    sed -i -E 's/^#?[[:space:]]*create_main_cluster.*/create_main_cluster = false/' \
        /etc/postgresql-common/createcluster.conf
esac
# Word splitting is meant: one argument a package.
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
