#!/bin/sh
# Makes .venv with Python 3.11. Usage: tools/venv.sh FOLDER
# PYTHON names the interpreter where the usual names do not lead to it.
set -eu
folder=$1

is_right() {
    "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1
}

# One that works is kept. One from elsewhere or broken off is made afresh, which is quicker than guessing.
if is_right "$folder/bin/python" && "$folder/bin/python" -m pip --version >/dev/null 2>&1; then exit 0; fi

for python in ${PYTHON:-} python3.11 python3 python; do
    if is_right "$python"; then found=$python; break; fi
done
if [ -z "${found:-}" ]; then
    echo "Python 3.11 is needed and was not found." >&2
    echo "On Debian 12: apt-get install python3 python3-venv. Elsewhere: make PYTHON=/path/to/python3.11 ..." >&2
    exit 1
fi
if ! "$found" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    sh "$(dirname "$0")/packages.sh" python3-venv
fi
rm -rf "$folder"
"$found" -m venv "$folder"
echo "Made $folder with $("$folder/bin/python" -V)."
