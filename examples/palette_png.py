"""Small PNG files of 256 colours: enough for a page, whose other colours are those at the edges of letters."""

import base64
import struct
import zlib

from selenium.webdriver import Chrome

TO_PALETTE = """
const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
const image = await createImageBitmap(new Blob([bytes]));
const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
canvas.drawImage(image, 0, 0);
const { data } = canvas.getImageData(0, 0, image.width, image.height);
const colours = [], counts = new Map();
for (let at = 0; at < data.length; at += 4) {
  const colour = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
  colours.push(colour);
  counts.set(colour, (counts.get(colour) ?? 0) + 1);
}
const byCount = [...counts].sort((one, other) => other[1] - one[1]).map(([colour]) => colour);
const ofKind = new Map(); // what is rare is kept where nothing else is like it
for (const colour of byCount) if (!ofKind.has(colour & 0xe0e0e0)) ofKind.set(colour & 0xe0e0e0, colour);
const palette = [...new Set([...ofKind.values(), ...byCount])].slice(0, 256);
const parts = (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255];
const places = new Map();
for (const colour of counts.keys()) {
  const distances = palette.map((one) => parts(one).reduce((sum, part, i) => sum + (part - parts(colour)[i]) ** 2, 0));
  places.set(colour, distances.indexOf(Math.min(...distances)));
}
let pixels = "";
for (const colour of colours) pixels += String.fromCharCode(places.get(colour));
done({ width: image.width, height: image.height, palette: palette.map(parts).flat(), pixels: btoa(pixels) });
"""


def with_palette(browser: Chrome, png: bytes) -> bytes:
    """The same picture with one byte a pixel. The browser decodes it."""
    script = f"(async (png, done) => {{{TO_PALETTE}}})(...arguments)"
    found = browser.execute_async_script(script, base64.b64encode(png).decode())
    width, height, pixels = found["width"], found["height"], base64.b64decode(found["pixels"])
    rows = b"".join(b"\0" + pixels[start : start + width] for start in range(0, len(pixels), width))
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", bytes(found["palette"])),
            _chunk(b"IDAT", zlib.compress(rows, 9)),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
