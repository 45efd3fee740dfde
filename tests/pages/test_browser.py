"""The page in headless Chromium, from disk and without network: silent, usable by keyboard, on a phone, dark, on paper.

Its numbers are compared with the compiled NumPy functions.
"""

import json
import subprocess

import numpy as np
import pytest
from sympy import Lambda, Symbol, log

from derive import backprop, mlp
from numeric import lambdify
from numeric.codegen import forward

x = Symbol("x")
SIZES = ["n0", "n1", "n2"]
PAGES = {
    "two layers": (mlp(SIZES), {}),
    "softmax": (mlp(SIZES, "leaky_relu", "softmax", l2="lambda"), {"notation": "nielsen"}),
    "chinese": (mlp(SIZES, "relu"), {"language": "zh", "form": "all"}),
    "functions": (
        mlp(["n0", "n1", "n2", "n3"], [Lambda(x, log(1 + x**2)), "softplus"], "sigmoid", "squared_error"),
        {},
    ),
    "one sample": (mlp([3, 2, 1], "sigmoid", samples=1, loss="squared_error"), {"form": "element"}),
    "depth": (mlp("L"), {}),
}
WITH_NUMBERS = ["two layers", "softmax", "functions", "one sample"]


@pytest.fixture(scope="session")
def browser(needs_program, needs_extra):
    """Headless Chromium, once for all tests."""
    with needs_extra("playwright.sync_api").sync_playwright() as p:
        found = p.chromium.launch(executable_path=needs_program("chromium"), args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Every page as a file."""
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for name, (program, options) in PAGES.items():
        found[name] = folder / f"{name.replace(' ', '_')}.html"
        found[name].write_text(backprop(program).to_html(**options), encoding="utf-8")
    return found


@pytest.fixture
def visit(browser, files):
    """visit("two layers", width=375) -> a page; at the end it must have been silent and alone."""
    contexts, said, asked = [], [], []

    def go(name, width=1200, height=900, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(files[name].as_uri())
        return page

    yield go
    for context in contexts:
        context.close()
    assert said == []
    assert len(asked) == len(contexts), asked
    assert all(url.startswith("file://") for url in asked)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_fits_a_phone_and_has_contrast(visit, name, scheme):
    page = visit(name, 375, 800, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    shades = page.evaluate("""["color", "backgroundColor"].map((key) => getComputedStyle(document.body)[key])""")
    ink, paper = (sum(map(int, shade.strip("rgb()").split(",")[:3])) / 3 for shade in shades)
    assert abs(ink - paper) > 180
    assert (ink > paper) == (scheme == "dark")


def exact(page):
    """What is given and every value, as the page computes them."""
    given = json.loads(page.get_attribute("#fields", "data-given"))
    outputs = page.evaluate("[...document.querySelectorAll('output')].map((o) => [o.dataset.value, o.dataset.exact])")
    return given, {name: json.loads(text) for name, text in outputs}


@pytest.mark.parametrize("name", WITH_NUMBERS)
def test_the_numbers_are_those_of_numpy(visit, name):
    page = visit(name)
    d = backprop(PAGES[name][0])
    for _ in range(2):
        given, values = exact(page)
        params = {str(p): np.array(given[str(p)]) for p in d.program.parameters}
        inputs = {str(v): np.array(given[str(v)], float) for v in d.program.inputs}
        free = {"lambda_": given["lambda"]} if "lambda" in given else {}
        J, gradients = lambdify(d)(params, *inputs.values(), **free)
        assert values["J"] == pytest.approx(J, rel=1e-12)
        for parameter, gradient in gradients.items():
            assert np.array(values[f"d{parameter}"]) == pytest.approx(gradient, rel=1e-10, abs=1e-13)
        for equation in d.program.equations[:-1]:
            f = forward(d, str(equation.lhs))
            own = [inputs[str(v)] for v in d.program.inputs if v in f.task.arguments]
            assert np.array(values[str(equation.lhs)]) == pytest.approx(f(params, *own), rel=1e-12, abs=1e-14)
        assert "e-" in page.inner_text("#said")  # as small as rounding leaves it
        page.click("#again")
    assert exact(page)[0] != given


def test_fields_say_what_they_expect(visit):
    page = visit("two layers")
    before = exact(page)[1]["J"]
    page.fill("textarea[name=X]", "1 2\n3")
    assert "X: 2 lines of 2 numbers are expected." in page.inner_text("#said")
    assert page.get_attribute("textarea[name=X]", "aria-invalid") == "true"
    page.fill("textarea[name=X]", "1 2\n3 four")
    assert "X: this is not a list of numbers." in page.inner_text("#said")
    page.fill("textarea[name=X]", "[1, 2]\n[3, 4]")
    assert page.get_attribute("textarea[name=X]", "aria-invalid") == "false"
    assert exact(page)[1]["J"] != before
    page.fill("input[name=m]", "3")
    assert np.shape(exact(page)[1]["A2"]) == (2, 3)
    page.fill("input[name=m]", "7")
    assert "m must be an integer from 1 to 6." in page.inner_text("#said")


def test_steps_unfold_and_lead_to_laws(visit):
    page = visit("two layers")
    assert not page.is_visible("[id='eq:dZ1'] > .scroll")
    page.click("[id='eq:dZ1'] > summary .count")
    assert page.is_visible("[id='eq:dZ1'] > .scroll")
    page.click("[id='eq:dZ1'] a.rule >> nth=0")
    assert page.evaluate("location.hash").startswith("#law-")
    assert page.is_visible("#law-elementwise-function dl")
    page.click("#law-elementwise-function dl a >> nth=0")
    assert page.evaluate("document.querySelector(location.hash).open")


def test_copying(visit):
    page = visit("two layers", permissions=["clipboard-read", "clipboard-write"])
    row = page.locator("tr[data-row='dZ1'] >> nth=0")
    page.click("[id='eq:dZ1'] > summary .count")
    row.locator("details.copy summary").click()
    copied = []
    for button in row.locator("button").all():
        button.click()
        page.wait_for_function("document.querySelector('#bar code')")
        copied.append(page.evaluate("navigator.clipboard.readText()"))
    assert copied == [r"dZ^{[1]} = dA^{[1]} \ast \tanh'(Z^{[1]})".replace("'", r"^{\prime}"),
                      "dZ1 = dA1 * (1 - np.tanh(Z1) ** 2)", "dZ1 = dA1 * (1 - tanh(Z1) ** 2)"]  # fmt: skip
    assert "Copied:" in page.inner_text("#bar")


def test_by_keyboard_alone(visit):
    page = visit("two layers")
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.dataset.node ?? document.activeElement.tagName"))
        if seen[-1] not in ("BODY", "HTML"):
            style = "getComputedStyle(document.activeElement.querySelector(':scope > rect') ?? document.activeElement)"
            visible = page.evaluate(f"{style}.outlineStyle !== 'none' || parseFloat({style}.strokeWidth) > 3")
            assert visible, seen
    assert {"dZ1", "dW2", "Z1", "SUMMARY", "A"} <= set(seen)
    page.focus("a[data-node='dZ1'] >> nth=0")
    assert page.locator("[data-row='dZ1'].hot").count() > 0
    page.keyboard.press("Enter")
    page.wait_for_function("document.getElementById('eq:dZ1').open")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_a_formula_in_focus_shows_shapes_and_rule(visit):
    page = visit("two layers")
    page.click("[id='eq:dZ1'] > summary .count")
    page.hover("[id='eq:dZ1'] .scroll tr:nth-child(2) td.right >> nth=-1")
    said = page.inner_text("#bar")
    assert "insert: Proved" in said
    assert page.locator("#bar [data-name='W2']").count() == 1
    assert page.locator("#bar [data-name='W2'] math").count() == 2  # its name and its shape


def test_every_control_has_a_name(visit):
    page = visit("two layers")
    nameless = page.evaluate("""[...document.querySelectorAll("a, button, summary, input, textarea")].filter((part) =>
        !(part.textContent.trim() || part.getAttribute("aria-label"))).map((part) => part.outerHTML)""")
    assert nameless == []


def test_on_paper_everything_is_unfolded(visit, tmp_path, needs_program):
    text = needs_program("pdftotext")
    page = visit("two layers")
    page.pdf(path=tmp_path / "page.pdf", format="A4")
    said = subprocess.run(
        [text, "-layout", tmp_path / "page.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    for words in ("insert", "Giles (2008)", "Verdicts on the gradients"):
        assert words in said
    assert "NumPy" not in said  # buttons are for screens
    assert page.evaluate("document.querySelectorAll('details.step[open]').length") == 0  # and folded again
