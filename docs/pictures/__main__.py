"""Makes the pictures in docs/images/ again: `python -m docs.pictures`."""

import sys

from docs.pictures.browser import NoBrowser, chromium
from docs.pictures.console import NoPicture, served, take_picture
from docs.pictures.drawing import IMAGES, draw_examples


def main() -> int:
    IMAGES.mkdir(exist_ok=True)
    for file in draw_examples(IMAGES):
        print(file)
    try:
        with chromium() as browser, served() as url:
            take_picture(browser, url, IMAGES / "console.svg")
    except (NoBrowser, NoPicture) as error:
        print(f"No picture of the console: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
