"""The one look of all pages, in a real browser; and that the browser's own eyes are open."""

from pathlib import Path

import pytest

from interviewer.selftests.browser import LAPTOP, Browser, page_count
from interviewer.selftests.pages import assert_good_page, background
from scenarios.html import LOOK, render

HOSTILE = (
    """</style></script><script>document.title = "taken"</script><img src=x onerror=alert(1)>'"&"""
)


def a_page(folder: Path, main: str, **values: object) -> str:
    """Return a page of the look with that in its middle."""
    template = folder / "page_of_a_test.html"
    template.write_text(
        '{% extends "base.html" %}{% block title %}A page{% endblock %}'
        "{% block main %}" + main + "{% endblock %}"
    )
    return render(template, **values)


def shown(browser: Browser, html: str, folder: Path) -> Browser:
    """Return the browser with that page open."""
    file = folder / "page.html"
    file.write_text(html, encoding="utf-8")
    browser.open(file)
    return browser


def test_a_plain_page_is_good(browser: Browser, tmp_path: Path) -> None:
    """A page with a heading and a text can be read by everybody, and asks for nothing."""
    html = a_page(tmp_path, "<h1>Heading</h1><p class='quiet'>Text</p>")

    assert_good_page(browser, html, tmp_path)


@pytest.mark.parametrize(
    "bad",
    [
        '<img src="http://127.0.0.1:9/picture.png">',
        "<script>nobody.knows()</script>",
        '<div style="width: 3000px">wide</div>',
        '<p style="color: #ccc">pale in light</p>',
        '<p style="color: #333">dim in the dark</p>',
        '<svg viewBox="0 0 9 9"><text y="9" fill="#bbb">pale in a drawing</text></svg>',
    ],
)
def test_a_bad_page_is_told(browser: Browser, tmp_path: Path, bad: str) -> None:
    """A page with a request, a script, too wide or too pale a text is found to be bad."""
    html = a_page(tmp_path, f"<h1>Heading</h1>{bad}")

    with pytest.raises(AssertionError, match="at 1366 x 768"):
        assert_good_page(browser, html, tmp_path)


def test_no_script_runs_and_nothing_is_asked_for(browser: Browser, tmp_path: Path) -> None:
    """The page's own policy stops a script and a request that stand in it all the same."""
    main = "<script>document.title = 'taken'</script><img src='http://127.0.0.1:9/x.png'>"

    shown(browser, a_page(tmp_path, main), tmp_path)

    assert browser.evaluate("document.title") == "A page"
    assert all("Content Security Policy" in each for each in browser.complaints)
    assert len(browser.complaints) == 2


def test_what_a_stranger_wrote_is_text(browser: Browser, tmp_path: Path) -> None:
    """Markup in a value is shown as it was written, in the text and in an attribute."""
    main = '<p id="it" title="{{ text }}">{{ text }}</p>'

    shown(browser, a_page(tmp_path, main, text=HOSTILE), tmp_path)

    assert browser.texts("#it") == [HOSTILE]
    assert browser.evaluate("document.querySelector('#it').title") == HOSTILE
    assert browser.evaluate("document.images.length") == 0


def test_what_nobody_sees_is_shown_by_its_number(browser: Browser, tmp_path: Path) -> None:
    """Marks that turn the order of a text, control characters and half characters stand there."""
    text = "a\u202eb\x00c\x1b[0md\ud800e\u2066f"

    shown(browser, a_page(tmp_path, "<p id='it'>{{ text }}</p>", text=text), tmp_path)

    assert browser.texts("#it") == [r"a\u202eb\x00c\x1b[0md\ud800e\u2066f"]


def test_dark_is_dark_and_light_is_light(browser: Browser, tmp_path: Path) -> None:
    """Somebody who prefers dark gets a dark page, and paper is white."""
    file = tmp_path / "page.html"
    file.write_text(a_page(tmp_path, "<h1>Heading</h1>"), encoding="utf-8")

    browser.open(file, scheme="light")
    light = background(browser)
    browser.open(file, scheme="dark")
    dark = background(browser)

    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(20, 23, 27)")


def test_a_long_page_prints_on_pages(browser: Browser, tmp_path: Path) -> None:
    """What is printed is cut into pages of A4, and a short page is one of them."""
    short = shown(browser, a_page(tmp_path, "<p>Text</p>"), tmp_path).pdf()
    long = shown(browser, a_page(tmp_path, "<p>Text</p>" * 200), tmp_path).pdf()

    assert page_count(short) == 1
    assert 3 <= page_count(long) <= 6


def test_the_picture_is_of_the_whole_page(browser: Browser, tmp_path: Path) -> None:
    """A screenshot is as wide as the window and as high as the page."""
    shown(browser, a_page(tmp_path, "<div style='height: 2000px'>Text</div>"), tmp_path)

    browser.screenshot(tmp_path / "picture.png")

    header = (tmp_path / "picture.png").read_bytes()[:24]
    width, height = int.from_bytes(header[16:20]), int.from_bytes(header[20:24])
    assert width == LAPTOP[0]
    assert height > 2000


def test_the_look_has_no_address_in_it() -> None:
    """No template and no style names anything of another site."""
    for file in LOOK.iterdir():
        assert "//" not in file.read_text(encoding="utf-8"), file
