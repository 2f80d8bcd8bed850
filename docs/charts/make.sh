#!/bin/sh
# Makes what the page carries of Vega, and its charts: sh docs/charts/make.sh
# Needs Node with npm, and Python with venv. The results are kept in the repository; a run needs none of this.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
out=$here/../../engine/balance_sync/reports/templates
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$here"/package.json "$here"/package-lock.json "$here"/*.js "$work"
cd "$work"
npm ci --silent --no-audit --no-fund
npx --no-install esbuild vega.js --bundle --minify --format=iife --global-name=vega --target=es2020 --charset=utf8 \
    --legal-comments=none --metafile=bundle.json --log-level=warning --outfile=vega.min.js
if grep -qi '</script\|<!--' vega.min.js; then
    echo "the bundle would end the script element that holds it" >&2
    exit 1
fi
node licences.js bundle.json >vega.LICENCES.txt

python3 -m venv altair
altair/bin/python -m pip install --quiet --requirement "$here/requirements.txt"
altair/bin/python "$here/specifications.py" | node compile.js "$here/specifications.py" >charts.json
cp vega.min.js vega.LICENCES.txt charts.json "$out"
