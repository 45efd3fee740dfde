"""The report: one HTML page with its pictures inside, and one JSON file; measured beside published."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from html import escape
from typing import Any

from .finding import Finding, Row, Run

STYLE = """
:root { color-scheme: light dark; --line: #8886; --soft: #8881; --bad: #b3261e; --good: #1b6e3c; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --good: #7fd6a0; } }
body { font: 16px/1.5 Georgia, 'Times New Roman', serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.25rem; margin-top: 2.6rem; border-bottom: 1px solid var(--line); }
table { border-collapse: collapse; margin: .8rem 0; font-size: .95em; } .scroll { overflow-x: auto; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem 1.1rem .3rem 0; text-align: left; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.yes { color: var(--good); } .no { color: var(--bad); font-weight: bold; }
figure { margin: 1.2rem 0; } figcaption { font-size: .92em; opacity: .85; }
img { max-width: 100%; height: auto; background: white; border-radius: 4px; }
pre { background: var(--soft); padding: .7rem; overflow-x: auto; font-size: .85em; } .source { opacity: .75; }
@media print { h2 { break-after: avoid; } figure { break-inside: avoid; } }
"""


@dataclass(frozen=True)
class Done:
    """One run with what came out: a finding, or why there is none."""

    run: Run
    finding: Finding | None
    seconds: float
    left_out: str = ""


def page(done: list[Done], quick: bool) -> str:
    """The report as one self-contained HTML page: no script, nothing fetched."""
    failed = [d.run.name for d in done if d.finding is not None and not d.finding.holds]
    missing = [d.run.name for d in done if d.finding is None]
    rows = [row.holds for d in done if d.finding is not None for row in d.finding.rows]
    seconds = sum(d.seconds for d in done)
    summary = f"{len(done)} runs, {seconds:.0f} seconds{' (quick: shortened runs)' if quick else ''}. "
    summary += f"{rows.count(True)} of {len(rows) - rows.count(None)} expected figures came out. "
    summary += f"Not as expected: {', '.join(failed)}. " if failed else ""
    summary += f"Left out: {', '.join(missing)}." if missing else ""
    links = "".join(f'<li><a href="#{escape(d.run.name)}">{escape(d.run.title)}</a></li>' for d in done)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>The seeds' runs</title><style>{STYLE}</style></head><body>\n"
        f"<h1>The seeds' runs, from derived formulas</h1><p>{escape(summary)}</p>"
        "<p>Every network here trains with formulas that were derived when the run began; no backward pass is written "
        f"by hand.</p><ul>{links}</ul>\n{''.join(map(_section, done))}</body></html>\n"
    )


def _section(done: Done) -> str:
    run, finding = done.run, done.finding
    head = (f'<h2 id="{escape(run.name)}">{escape(run.title)}</h2><p class="source">{escape(run.source)}; '
            f"<code>backproof seeds --only {escape(run.name)}</code>, {done.seconds:.1f} seconds</p>\n")  # fmt: skip
    if finding is None:
        return f"{head}<p>Left out: {escape(done.left_out)}</p>\n"
    rows = "".join(map(_row, finding.rows))
    table = ('<div class="scroll"><table><tr><th>figure</th><th>measured</th><th>published or expected</th><th></th>'
             f"</tr>{rows}</table></div>\n")  # fmt: skip
    remarks = "".join(f"<p>{escape(remark)}</p>\n" for remark in finding.remarks)
    pictures = "".join(
        f'<figure><img alt="{escape(p.caption, quote=True)}" '
        f'src="data:image/png;base64,{base64.b64encode(p.png).decode()}"><figcaption>{escape(p.caption)}</figcaption>'
        "</figure>\n"
        for p in finding.pictures
    )
    formulas = f"<details><summary>derived formulas</summary><pre>{escape(finding.formulas)}</pre></details>\n"
    return head + table + remarks + pictures + (formulas if finding.formulas else "")


def _row(row: Row) -> str:
    mark = {True: '<td class="yes">holds</td>', False: '<td class="no">DIFFERS</td>', None: "<td></td>"}[row.holds]
    return (f'<tr><td>{escape(row.what)}</td><td class="number">{escape(row.shown(row.measured))}</td>'
            f'<td class="number">{escape(row.expected)}</td>{mark}</tr>')  # fmt: skip


def data(done: list[Done], quick: bool) -> str:
    """The same as JSON: runs by name, each with its figures."""
    return json.dumps({"quick": quick, "runs": {d.run.name: _plain(d) for d in done}}, indent=1) + "\n"


def _plain(done: Done) -> dict[str, Any]:
    head: dict[str, Any] = {"title": done.run.title, "source": done.run.source, "seconds": round(done.seconds, 2)}
    if done.finding is None:
        return {**head, "left_out": done.left_out}
    rows = [
        {"what": r.what, "measured": r.measured, "published": r.published, "within": r.within, "least": r.least,
         "most": r.most, "holds": r.holds}
        for r in done.finding.rows
    ]  # fmt: skip
    return {**head, "holds": done.finding.holds, "figures": rows, "pictures": [p.name for p in done.finding.pictures],
            "remarks": list(done.finding.remarks)}  # fmt: skip
