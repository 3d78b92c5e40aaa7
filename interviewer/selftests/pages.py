"""What holds for each page of the kit, whoever looks at it, and on whatever."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

from interviewer.selftests.browser import LAPTOP, PROJECTOR, Browser

Scheme = Literal["light", "dark"]

CONTRAST_MIN = 4.5
"""Of text to what is behind it: the least that WCAG allows at level AA."""

# The text of each element that has some of its own, with its contrast to the nearest background.
# Text in a drawing has `fill` for a colour.
_CONTRASTS = r"""
(() => {
  const numbers = colour => colour.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = element => {
    for (; element; element = element.parentElement) {
      const [r, g, b, opacity = 1] = numbers(getComputedStyle(element).backgroundColor);
      if (opacity === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const own = element => [...element.childNodes]
    .filter(node => node.nodeType === Node.TEXT_NODE && node.data.trim())
    .map(node => node.data.trim()).join(' ');
  return [...document.body.querySelectorAll('*')]
    .filter(element => own(element) && element.getClientRects().length)
    .filter(element => !element.closest('defs, desc, title'))
    .map(element => {
      const style = getComputedStyle(element);
      const text = numbers(element.closest('svg') ? style.fill : style.color);
      const [dark, bright] = [light(text), light(behind(element))].sort((a, b) => a - b);
      return [own(element), (bright + 0.05) / (dark + 0.05)];
    });
})()
"""

_WIDER_THAN_IT_MAY = """
[...document.querySelectorAll('body *')]
  .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
  .map(each => each.outerHTML.slice(0, 200))
"""


def assert_good_page(browser: Browser, html: str, folder: Path) -> None:
    """Assert what holds for each page: it can be read everywhere, and asks for nothing."""
    file = folder / "page.html"
    file.write_text(html, encoding="utf-8")
    for size, scheme in _views():
        browser.open(file, size=size, scheme=scheme)
        seen_as = f"at {size[0]} x {size[1]}, {scheme}"
        assert browser.complaints == [], seen_as
        assert browser.requests == [file.as_uri()], seen_as
        assert browser.evaluate(_WIDER_THAN_IT_MAY) == [], seen_as
        assert browser.evaluate("document.documentElement.scrollWidth") <= size[0], seen_as
        contrasts = browser.evaluate(_CONTRASTS)
        assert contrasts, seen_as
        assert [each for each in contrasts if each[1] < CONTRAST_MIN] == [], seen_as


def background(browser: Browser) -> str:
    """Return the colour of the paper."""
    colour: str = browser.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return colour


def _views() -> Iterator[tuple[tuple[int, int], Scheme]]:
    for size in (LAPTOP, PROJECTOR):
        for scheme in get_args(Scheme):
            yield size, scheme
