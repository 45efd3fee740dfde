"""The site: `sphinx-build -W docs docs/_build`.  Needs the extra `docs`; nothing is fetched from elsewhere."""

import os
import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS.parent), str(DOCS / "_ext")]  # the project beside these pages, our extensions
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(DOCS.parent), os.environ.get("PYTHONPATH")])
)  # the notebook

project = "backproof"
author = "the backproof developers"
copyright = author
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx_copybutton", "printed", "docstrings", "mathml"]
exclude_patterns = ["_build", "_ext", "**/.ipynb_checkpoints"]

# The pages, as the menu shows them.  A page that is missing here is a warning, and warnings are errors.
menu = {
    "Start": ["tour", "notation", "latex", "training", "plots"],
    "Verify": ["backward_code", "claims", "rules", "trust"],
    "Compare": ["comparison", "performance", "benchmarks", "seeds"],
    "Develop": ["api", "architecture", "contributing"],
}

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"  # the notebook is stored without outputs; an error in it stops the build
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True

smartquotes = False  # d["dW1"] is code, also in a docstring
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
add_module_names = False
toc_object_entries = False

html_theme = "pydata_sphinx_theme"
html_title = "backproof"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["site.css"]
templates_path = ["_templates"]
html_sidebars = {"**": ["menu.html"]}
html_show_sourcelink = False
html_show_copyright = False
html_theme_options = {
    "navbar_center": [],
    "navbar_align": "left",
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
    "footer_start": ["sphinx-version"],
    "footer_end": [],
    "pygments_light_style": "tango",
    "pygments_dark_style": "monokai",
}
copybutton_exclude = ".linenos, .gp, .go"
