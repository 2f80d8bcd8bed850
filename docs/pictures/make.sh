#!/bin/sh
# Makes the README's pictures from a finished run with xlsx, html and pdf: sh docs/pictures/make.sh reports
# Needs Chromium, LibreOffice Calc and poppler-utils.
set -eu
run=$(cd -- "$1" && pwd)
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --user-data-dir="$work/browser" --window-size=1280,1500 --virtual-time-budget=5000 \
    --screenshot="$here/page.png" "file://$run/report.html" >/dev/null 2>&1
soffice --headless "-env:UserInstallation=file://$work/office" --convert-to pdf --outdir "$work" \
    "$run/report.xlsx" >/dev/null 2>&1
pdftoppm -r 110 -png -singlefile -f 1 -l 1 "$work/report.pdf" "$here/workbook"
pdftoppm -r 110 -png -singlefile -f 1 -l 1 "$run/report.pdf" "$here/summary"
