"""Cut Hanken Grotesk (SIL OFL 1.1) down to the letters and weights the pages use.

    pip install -r scripts/requirements.txt && python3 scripts/font.py

Reads the variable fonts of @fontsource-variable/hanken-grotesk from node_modules and writes
src/ui/font/hanken-{west,cs}.woff2: `west` holds German and English, `cs` the letters of Czech and of the
other western languages, fetched only when a page shows one of them (unicode-range in src/ui/font.css).
"""

from pathlib import Path
import shutil

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

WEB = Path(__file__).resolve().parent.parent
SOURCE = WEB / "node_modules/@fontsource-variable/hanken-grotesk"
TARGET = WEB / "src/ui/font"
WEIGHTS = (400, 700)
FEATURES = ["kern", "liga", "tnum"]

# ASCII, the German letters, and the marks that de, en and cs sentences use.
WEST = [*range(0x20, 0x7F), *map(ord, "ÄÖÜäöüß§°·×«»„“”‚‘’–—…•€−©"), 0xA0, 0x2009, 0x202F]
CZECH = [*map(ord, "ÁáČčĎďÉéĚěÍíŇňÓóŘřŠšŤťÚúŮůÝýŽž")]
# Names from next door: Latin-1 letters come with the same file.
NEXT_DOOR = [c for c in range(0xC0, 0x100) if c not in (0xD7, 0xF7) and c not in WEST]


def cut(source: str, letters: list[int]) -> TTFont:
    """One font with `letters` and the weight axis limited to WEIGHTS."""
    font = TTFont(SOURCE / "files" / source)
    options = subset.Options(layout_features=FEATURES, notdef_outline=True, hinting=False, name_IDs=[1, 2, 13, 14])
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    return instancer.instantiateVariableFont(font, {"wght": WEIGHTS})


def write(font: TTFont, name: str) -> None:
    font.flavor = "woff2"
    path = TARGET / name
    font.save(path)
    print(f"{path.relative_to(WEB)} {path.stat().st_size} bytes")


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    latin = "hanken-grotesk-latin-wght-normal.woff2"
    extended = "hanken-grotesk-latin-ext-wght-normal.woff2"
    write(cut(latin, WEST), "hanken-west.woff2")
    write(cut(latin, [c for c in CZECH + NEXT_DOOR if c < 0x100]), "hanken-latin.woff2")
    write(cut(extended, [c for c in CZECH if c >= 0x100]), "hanken-cs.woff2")
    shutil.copyfile(SOURCE / "LICENSE", TARGET / "OFL.txt")


if __name__ == "__main__":
    main()
