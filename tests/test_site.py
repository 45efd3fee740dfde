"""The site is built without a warning, holds every page, and asks nobody outside for anything."""

import ast
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOADING = {"src", "srcset", "data", "poster", "action", "formaction"}  # attributes by which a page loads something
LEAVES = re.compile(r"^\s*(?:https?:)?//")
CSS = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")
SCRIPT = re.compile(r"""(?:import\s*\(?|from|fetch\s*\(|importScripts\s*\()\s*["'`]((?:https?:)?//[^"'`]+)""")


class Loaded(HTMLParser):
    """What a page loads by itself; a link that people follow is no such thing."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in LOADING or (name == "href" and tag in ("link", "use", "image", "base")):
                self.found.append(value or "")
            if name == "style":
                self.found += [a or b for a, b in CSS.findall(value or "")]


def outside(name: str, text: str) -> list[str]:
    """The addresses of other hosts from which a file of the site would load something."""
    found: list[str] = []
    if name.endswith(".html"):
        parser = Loaded()
        parser.feed(text)
        found += parser.found
        found += [a or b for style in re.findall(r"<style.*?</style>", text, re.S) for a, b in CSS.findall(style)]
        found += [a for script in re.findall(r"<script.*?</script>", text, re.S) for a in SCRIPT.findall(script)]
    if name.endswith(".css"):
        found += [a or b for a, b in CSS.findall(text)]
    if name.endswith(".js"):
        found += SCRIPT.findall(text)
    return [address for address in found if LEAVES.match(address)]


PLANTED = [
    ("a.html", '<script src="https://cdn.example/x.js"></script>'),
    ("a.html", '<link rel="stylesheet" href="//fonts.example/css">'),
    ("a.html", '<img alt="" src="http://example/x.png">'),
    ("a.html", "<style>@import 'https://example/x.css'</style>"),
    ("a.html", '<script>import("https://example/x.mjs")</script>'),
    ("a.html", '<p style="background: url(https://example/x.png)">'),
    ("a.css", "@font-face { src: url(https://fonts.example/a.woff2) }"),
    ("a.js", 'fetch("https://example/versions.json")'),
]
ALLOWED = [
    ("a.html", '<a href="https://example.org">elsewhere</a><script src="_static/x.js"></script>'),
    ("a.css", "a { background: url(data:image/svg+xml;base64,AAAA) } b { background: url(../x.png) }"),
    ("a.js", "const SVG = 'http://www.w3.org/2000/svg'"),
]


@pytest.mark.parametrize(("name", "text"), PLANTED)
def test_what_comes_from_outside_is_seen(name, text):
    assert len(outside(name, text)) == 1


@pytest.mark.parametrize(("name", "text"), ALLOWED)
def test_what_belongs_to_the_site_is_not_blamed(name, text):
    assert outside(name, text) == []


def menu() -> list[str]:
    """The pages that docs/conf.py names."""
    tree = ast.parse((ROOT / "docs" / "conf.py").read_text(encoding="utf-8"))
    (found,) = (s.value for s in tree.body if isinstance(s, ast.Assign) and ast.unparse(s.targets[0]) == "menu")
    return [page for pages in ast.literal_eval(found).values() for page in pages]


def test_every_page_is_in_the_menu():
    pages = {path.stem for path in (ROOT / "docs").iterdir() if path.suffix in (".md", ".ipynb")}
    assert sorted(menu()) == sorted(pages - {"index"})


@pytest.fixture(scope="module")
def site(needs_extra, tmp_path_factory):
    """The site, built from docs/; a warning is an error."""
    for module in ("sphinx", "myst_nb", "pydata_sphinx_theme", "sphinx_copybutton", "latex2mathml"):
        needs_extra(module)
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", folder / "trees", ROOT / "docs"]
    done = subprocess.run([*command, folder / "html"], capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "html"


def texts(site: Path) -> dict[str, str]:
    return {p.name: p.read_text(encoding="utf-8") for p in site.rglob("*") if p.suffix in (".html", ".css", ".js")}


@pytest.mark.slow
def test_the_site_asks_nobody_outside(site):
    found = {name: addresses for name, text in texts(site).items() if (addresses := outside(name, text))}
    assert found == {}


SAYS = [
    # page            what it must hold
    ("rules",         "log sum exp"),
    ("rules",         "<dt>proof</dt><dd>Proved: both sides have the same normal form"),
    ("rules",         "derivative from the output"),
    ("rules",         "softplus"),
    ("architecture",  'aria-label="Three packages'),
    ("architecture",  "kernel/"),
    ("api",           'id="derive.backprop"'),
    ("api",           'id="numeric.prove_backward"'),
    ("api",           'id="backproof.testing.assert_gradient_proved"'),
    ("benchmarks",    "gradcheck"),
    ("contributing",  "To add a rule"),
    ("tour",          "33 steps replayed and proved"),
    ("tour",          "<math"),
    ("comparison",    "tensorgrad"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("page", "words"), SAYS)
def test_a_page_says(site, page, words):
    assert words in (site / f"{page}.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_every_rule_is_in_the_catalogue_with_its_proof(site):
    from derive import FUNCTIONS
    from derive.rewrites import REWRITES
    from derive.rules import RULES

    text = (site / "rules.html").read_text(encoding="utf-8")
    shown = re.findall(r"<h3>(.*?)<a ", text)
    assert sorted(shown) == sorted([*RULES, *REWRITES, *FUNCTIONS])
    assert text.count("<dt>proof</dt>") == len(shown) - 1  # step appears as a derivative only


@pytest.mark.slow
def test_every_public_name_is_in_the_reference(site):
    import derive
    import numeric

    text = (site / "api.html").read_text(encoding="utf-8")
    named = [f"{package.__name__}.{name}" for package in (derive, numeric) for name in package.__all__]
    assert [name for name in named if f'id="{name}"' not in text and f">{name}<" not in text] == []


@pytest.mark.slow
def test_no_marker_and_no_link_is_left_over(site):
    for page in [*menu(), "index"]:
        text = (site / f"{page}.html").read_text(encoding="utf-8")
        assert "<!-- print:" not in text
        for target in re.findall(r'<a [^>]*href="([^"#:?]+\.html)', text):
            assert (site / target).is_file(), f"{page} links to {target}"
