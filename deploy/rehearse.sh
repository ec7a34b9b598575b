#!/usr/bin/env bash
# The Dockerfile without Docker, for machines that have none: the same installation into an empty folder, then the
# program as user 10001 without capabilities, with everything read-only but /data and /tmp. Linux, as root.
#   deploy/rehearse.sh api              builds the image's tree, asks the doctor, serves, asks for its health, stops it
#   deploy/rehearse.sh ui               the same with the page
#   deploy/rehearse.sh api COMMAND...   runs COMMAND in there instead
# PYTHON: an interpreter that every user may run (not one below /root). KEEP=FOLDER: build there, once.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-/usr/bin/python3.11}
PART=${1:?api or ui}
shift
PLACE=${KEEP:-$(mktemp -d /var/tmp/sparewheel.XXXXXX)}
[ -n "${KEEP:-}" ] || trap 'rm -rf "$PLACE"' EXIT
EXTRAS=$(sed -n "/AS $PART-dependencies/,/^RUN/s/^ARG EXTRAS=//p" deploy/Dockerfile)
pip() { "$PYTHON" -m pip --disable-pip-version-check --python "$PLACE/venv/bin/python" install -q "$@"; }

if [ ! -e "$PLACE/done" ]; then
  # the stages "build", "...-dependencies" and "program", from what the .dockerignore lets through
  mkdir -p "$PLACE/src"
  tar -c --exclude=__pycache__ --exclude='.*' pyproject.toml constraints.txt README.md deploy/requirements.py \
    rag corpora eval app | tar -x -C "$PLACE/src"
  "$PYTHON" -m venv --without-pip "$PLACE/venv"
  (cd "$PLACE/src" && "$PYTHON" deploy/requirements.py "$EXTRAS" > requirements.txt)
  pip -c constraints.txt -r "$PLACE/src/requirements.txt"
  pip --no-deps --target "$PLACE/program" "$PLACE/src"
  rm -rf "$PLACE/src"
  chmod -R a+rX "$PLACE"
  touch "$PLACE/done"
  du -sm "$PLACE/venv" "$PLACE/program" | awk '{print $1 " MB " $2}'
fi

# the stages "runtime" and "api" or "ui"
export PLACE PART
unshare --mount --propagation private bash -euo pipefail -c '
  mkdir -p /data 2>/dev/null || true
  mount -t tmpfs tmpfs /tmp -o mode=1777
  mount -t tmpfs tmpfs /data -o mode=0700,uid=10001,gid=10001
  mount -o remount,bind,ro /
  cd /data
  as=(setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all
      env -i "PATH=$PLACE/venv/bin:$PLACE/program/bin:/usr/bin:/bin" "PYTHONPATH=$PLACE/program" HOME=/tmp
      PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 SPAREWHEEL_DATA_FOLDER=/data SPAREWHEEL_OBSERVE__LOG=json
      SPAREWHEEL_API__PORT=18080 SPAREWHEEL_API__SHUTDOWN_DELAY_S=0 SPAREWHEEL_PAGE__PORT=18501)
  if [ $# -gt 0 ]; then "${as[@]}" "$@"; exit; fi
  get() { "${as[@]}" python -c "import urllib.request as r, sys; print(r.urlopen(sys.argv[1], timeout=4).status)" "$1"; }
  "${as[@]}" sh -c "touch $PLACE/x /etc/x 2>/dev/null && echo WRITABLE || echo user \$(id -u) finds a read-only tree"
  "${as[@]}" sparewheel doctor || true
  if [ "$PART" = api ]; then
    command="serve" urls="http://127.0.0.1:18080/healthz http://127.0.0.1:18080/readyz"
  else
    command="ui" urls="http://127.0.0.1:18501/_stcore/health http://127.0.0.1:18501/"
  fi
  began=$(date +%s%N)
  "${as[@]}" sparewheel $command & server=$!
  for try in $(seq 200); do get ${urls%% *} >/dev/null 2>&1 && break; sleep 0.1; done
  echo "up after $(( ($(date +%s%N) - began) / 1000000 )) ms"
  for url in $urls; do echo "$url: $(get $url)"; done
  kill -TERM $server
  code=0
  wait $server || code=$?
  echo "stopped with exit code $code"  # 143: by the signal, after the last answer
' rehearse "$@"
