# SPDX-License-Identifier: GPL-2.0-only
#
# How Sphinx makes the documentation: see "make docs". Works with the Sphinx of
# Debian 12 and of Debian 13. The comments of the headers are read by the
# kernel's own extension, from its source.

import os
import re
import sys

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
kernel = os.environ["SHMREGION_KERNEL"]
sys.path.insert(0, os.path.join(kernel, "Documentation", "sphinx"))

project = "shmregion"
author = "the authors of shmregion"
copyright = author
with open(os.path.join(root, "libshmdev/include/shmdev/device.h")) as header:
    release = re.search(r'SHMDEV_VERSION\t+"(.*)"', header.read()).group(1)
version = release

extensions = ["sphinx.ext.graphviz", "kerneldoc", "automarkup"]
exclude_patterns = ["man", "ABI"]
primary_domain = "c"
highlight_language = "none"
smartquotes = False
c_id_attributes = []

kerneldoc_bin = os.path.join(root, "scripts", "kernel-doc")
kerneldoc_srctree = root

graphviz_output_format = "svg"
graphviz_dot_args = [
    "-Gfontname=sans-serif", "-Nfontname=sans-serif", "-Efontname=sans-serif",
    "-Gbgcolor=transparent", "-Nfontsize=13", "-Efontsize=12",
]

html_theme = "alabaster"
html_title = "shmregion"
html_static_path = ["_static"]
html_copy_source = False
html_show_sphinx = False
html_sidebars = {"**": ["about.html", "navigation.html", "searchbox.html"]}
html_theme_options = {
    "description": "Shared memory whose access rules the kernel enforces",
    "fixed_sidebar": True,
    "page_width": "62rem",
    "sidebar_width": "15rem",
    "font_family": "system-ui, sans-serif",
    "head_font_family": "system-ui, sans-serif",
    "code_font_family": "ui-monospace, 'DejaVu Sans Mono', monospace",
    "font_size": "16px",
    "show_powered_by": False,
}


# What was built does not tell when, so that two builds are the same.
html_last_updated_fmt = None


def setup(app):
    app.add_css_file("shmregion.css")
