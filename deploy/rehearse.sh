#!/usr/bin/env bash
# The Dockerfile without Docker, for machines that have none: the same installation into an empty folder, then the
# commands as user 10001 without capabilities, with everything read-only but /data and /tmp. Linux, as root.
#   deploy/rehearse.sh            builds, asks the doctor, serves, asks /healthz and /readyz
#   deploy/rehearse.sh COMMAND    builds (or takes what KEEP=FOLDER holds) and runs COMMAND in there
#   PYTHON: an interpreter that every user may run (not one below /root)
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-/usr/bin/python3.11}
EXTRAS=${EXTRAS:-serve,ui,trace,eval}
PLACE=${KEEP:-$(mktemp -d /var/tmp/sparewheel.XXXXXX)}
[ -n "${KEEP:-}" ] || trap 'rm -rf "$PLACE"' EXIT
mkdir -p "$PLACE"

if [ ! -e "$PLACE/program/bin/sparewheel" ]; then
  # the stages "dependencies" and "program", from what the .dockerignore lets through
  mkdir -p "$PLACE/src"
  tar -c --exclude=__pycache__ --exclude='.*' pyproject.toml constraints.txt README.md deploy/requirements.py \
    rag corpora eval app | tar -x -C "$PLACE/src"
  "$PYTHON" -m venv --without-pip "$PLACE/venv"
  (cd "$PLACE/src" && "$PYTHON" deploy/requirements.py "$EXTRAS" > requirements.txt)
  pip() { "$PYTHON" -m pip --disable-pip-version-check --python "$PLACE/venv/bin/python" install -q "$@"; }
  pip -c constraints.txt -r "$PLACE/src/requirements.txt"
  pip --no-deps --target "$PLACE/program" "$PLACE/src"
  chmod -R a+rX "$PLACE"
  du -sh "$PLACE/venv" "$PLACE/program"
fi

# the stages "runtime" and "api"
export PLACE
exec 3>&1
unshare --mount --propagation private bash -euo pipefail -c '
  mkdir -p /data 2>/dev/null || true
  mount -t tmpfs tmpfs /tmp -o mode=1777
  mount -t tmpfs tmpfs /data -o mode=0700,uid=10001,gid=10001
  mount -o remount,bind,ro /
  cd /data
  inside() {
    setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all \
      env -i "PATH=$PLACE/venv/bin:$PLACE/program/bin:/usr/bin:/bin" "PYTHONPATH=$PLACE/program" HOME=/tmp \
      PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 SPAREWHEEL_DATA_FOLDER=/data SPAREWHEEL_OBSERVE__LOG=json "$@"
  }
  get() { inside python -c "import urllib.request as r, sys; print(r.urlopen(sys.argv[1], timeout=4).status)" "$1"; }
  if [ $# -gt 0 ]; then inside "$@"; exit; fi
  inside sh -c "touch $PLACE/program/x 2>/dev/null && echo WRITABLE || echo the tree is read-only to user \$(id -u)"
  inside sparewheel doctor || true
  inside sparewheel serve --port 8099 & server=$!
  for try in $(seq 100); do get http://127.0.0.1:8099/healthz >/dev/null 2>&1 && break; sleep 0.2; done
  echo "healthz: $(get http://127.0.0.1:8099/healthz), readyz: $(get http://127.0.0.1:8099/readyz)"
  pkill -TERM -P $server 2>/dev/null || kill -TERM $server
  wait $server && echo "stopped with exit code 0"
' rehearse "$@"
