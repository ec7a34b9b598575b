#!/usr/bin/env bash
# Do the wheels in dist/ work for somebody who has only them? They go into an environment of their own, outside of the
# repository, and run in a folder that has its own rag/, app.py and eval.py. Usage: deploy/wheel_test.sh PYTHON [--install]
#   PYTHON      whose installed packages stand in for the dependencies: nothing is fetched, and the wheels' own come first
#   --install   fetch the dependencies instead, as a user does (CI)
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
python="$(realpath -s "$1")"
work="$(mktemp -d -t sparewheel-wheels-XXXXXX)"
server=""
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

"$python" -m venv "$work/venv"
site="$("$work/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')"
if [ "${2:-}" = --install ]; then
  "$work/venv/bin/python" -m pip install -q -c "$root/constraints.txt" "$root"/dist/sparewheel_models-*.whl "$root"/dist/sparewheel_models_second-*.whl \
    "$(ls "$root"/dist/sparewheel-*.whl)[serve]"
else
  "$work/venv/bin/python" -m pip --disable-pip-version-check install -q --no-deps "$root"/dist/*.whl
  # the paths that hold packages; .pth files in them are not read, so the editable checkout stays unseen
  "$python" - >"$site/dependencies.pth" <<'PY'
import sys

print("\n".join(path for path in sys.path if path.endswith(("site-packages", "dist-packages"))))
PY
fi

mkdir -p "$work/theirs/rag"
cd "$work/theirs"
echo 'raise SystemExit("the user'"'"'s own package was imported: rag")' >rag/__init__.py
for name in app eval corpora; do echo "raise SystemExit('the user\\'s own module was imported: $name')" >"$name.py"; done
export SPAREWHEEL_DATA_FOLDER="$work/data" PYTHONDONTWRITEBYTECODE=1
unset PYTHONPATH SPAREWHEEL_CONFIG

"$work/venv/bin/python" -c "
import sparewheel, sparewheel_models, sparewheel_models_second
from sparewheel import open_chain
for package in (sparewheel, sparewheel_models, sparewheel_models_second):
    assert package.__file__.startswith('$site'), f'{package.__file__} is not the installed one'
from importlib.metadata import files
for name in ('sparewheel', 'sparewheel-models', 'sparewheel-models-second'):
    kept = {path.name for path in files(name) if 'licenses' in path.parts}
    assert {'LICENSE', 'NOTICE'} <= kept, f'{name} carries only {kept}'
print('from sparewheel import open_chain: ok,', sparewheel.__version__)
"
"$work/venv/bin/sparewheel" --version
"$work/venv/bin/sparewheel" demo >"$work/demo.log" 2>&1 || { tail -20 "$work/demo.log"; exit 1; }
echo "sparewheel demo: ok"

port="$("$work/venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
"$work/venv/bin/sparewheel" serve --port "$port" >"$work/serve.log" 2>&1 &
server=$!
for _ in $(seq 600); do
  kill -0 "$server" 2>/dev/null || break
  if "$work/venv/bin/python" -c "import urllib.request as r; r.urlopen('http://127.0.0.1:$port/healthz', timeout=5)" 2>/dev/null; then
    echo "sparewheel serve, /healthz: ok"
    exit 0
  fi
  sleep 0.2
done
tail -20 "$work/serve.log"
echo "the API did not come up"
exit 1
