#!/bin/sh
# Makes the fonts of report.pdf from Debian's package fonts-noto-core: sh docs/fonts/make.sh
# Needs that package, and fonttools in the Python that PYTHON names (python3).
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
fonts=$here/../../engine/balance_sync/reports/fonts
from=/usr/share/fonts/truetype/noto
python=${PYTHON-python3}

# subset FONT RANGES: the font with these characters, their Arabic and Latin shapes and its licence, unhinted
subset() {
    "$python" -m fontTools.subset "$from/$1.ttf" --unicodes="$2" --output-file="$fonts/$1.ttf" \
        --name-IDs='*' --notdef-outline --no-hinting --no-recalc-timestamp
}

latin=U+0020-007E,U+00A0-00AC,U+00AE-024F,U+02B0-036F,U+0370-0377,U+037A-04FF,U+1E00-1EFF,U+200C,U+200D,U+2010-2027,U+2030-205E,U+20A0-20BF,U+2100-214F,U+25CC,U+FFFD
arabic=U+0600-061B,U+061D-06FF,U+200C,U+200D,U+25CC,U+FDF2,U+FDFA,U+FDFC,U+FE70-FEFC
for weight in Regular Bold; do
    subset "NotoSans-$weight" "$latin"
    subset "NotoSansArabic-$weight" "$arabic"
done
subset NotoSansMath-Regular U+2190-2195,U+2200-2265,U+27E8,U+27E9
subset NotoSansSymbols2-Regular U+2400-2426

"$python" - "$fonts" <<'PYTHON'
"""Writes which characters have a shape, in the regular face and the bold one: a range a line."""
import sys
from pathlib import Path

from fontTools.ttLib import TTFont

shapes = {file.stem: set(TTFont(file).getBestCmap()) for file in Path(sys.argv[1]).glob("*.ttf")}
for family in ("NotoSans", "NotoSansArabic"):
    shapes[f"{family}-Regular"] &= shapes.pop(f"{family}-Bold")
codes = sorted(set().union(*shapes.values()))
firsts = [code for code in codes if code - 1 not in codes]
lasts = [code for code in codes if code + 1 not in codes]
lines = [f"{first:04X}-{last:04X}\n" for first, last in zip(firsts, lasts, strict=True)]
(Path(sys.argv[1]) / "coverage.txt").write_text("".join(lines), encoding="ascii")
PYTHON
