"""What the experiment leaves for readers: tables, figures and one page that shows them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from wmh_siamese.evaluation.evaluation import CaseFigures, cohort_figures
from wmh_siamese.evaluation.table import write_csv
from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.files.versions import versions
from wmh_siamese.networks.recipe import Recipe
from wmh_siamese.reproduction.density_figure import draw_density_figure
from wmh_siamese.reproduction.experiment import Experiment
from wmh_siamese.reproduction.samples_figure import draw_samples_figure
from wmh_siamese.reproduction.tables import (
    BENCHMARK_LOSSES,
    SIAMESE_LOSSES,
    Results,
    Table,
    false_alarm_table,
    markdown_of,
    model_tables,
    write_table_csv,
)

TITLE = "Siamese Content Loss Networks: the experiment"
CELLS = (
    "Means over cases, each case's figure being its mean over the seeds, ± standard deviation over "
    "cases; each seed's own mean in brackets. Cases without a figure (NaN) are left out of the "
    "mean and counted. The paper's figures were measured on other data."
)


def write_results(experiment: Experiment, results: Results) -> Path:
    """Write all tables and figures into the experiment's folder; returns the page."""
    folder = experiment.folder
    tables = {}
    for name, losses in (("table1", BENCHMARK_LOSSES), ("table2", SIAMESE_LOSSES)):
        tables[name] = model_tables(experiment, results, losses)
        write_table_csv(folder / f"{name}.csv", experiment, results, losses)
        _write(folder / f"{name}.md", markdown_of(tables[name]))
    figures: list[CaseFigures] = list(chain(*(judged.figures for judged in results.values())))
    write_csv(folder / "cases.csv", figures, cohort_figures(figures))
    draw_samples_figure(folder / "figure4.png", experiment, results)
    draw_density_figure(folder / "figure5.png", experiment, results)
    if experiment.lesion_free:
        tables["false_alarms"] = [false_alarm_table(experiment, results)]
        _write(folder / "false_alarms.md", markdown_of(tables["false_alarms"]))
    page = folder / "index.html"
    _write(page, _page(experiment, tables))
    return page


def _page(experiment: Experiment, tables: dict[str, list[Table]]) -> str:
    sections = [
        ("Settings", _list(settings_in_words(experiment))),
        ("Table 1: the content loss beside overlap losses", _html_of(tables["table1"])),
        ("Table 2: VGG19 trained against the generator, and frozen", _html_of(tables["table2"])),
        ("Figure 4: slices", _image("figure4.png", "Hits, misses and false alarms by model")),
        (
            "Figure 5: volume difference against positive class density",
            _image("figure5.png", "Volume difference by bin of positive class density and model"),
        ),
    ]
    if "false_alarms" in tables:
        sections.append(("Heads without lesions", _html_of(tables["false_alarms"])))
    body = "\n".join(f"<h2>{html.escape(title)}</h2>\n{content}" for title, content in sections)
    return PAGE.format(title=html.escape(TITLE), cells=html.escape(CELLS), body=body)


def settings_in_words(experiment: Experiment) -> list[str]:
    """What a reader of the figures has to know, a line each."""
    settings = experiment.settings
    known = versions()
    return [
        f"Learnt from {len(experiment.learning)} cases, validated with "
        f"{len(experiment.validation)}, held out {len(experiment.held_out)}; "
        f"{len(experiment.others)} cases of cohorts that no model saw.",
        f"{settings.epochs} epochs of {settings.batches} batches of {settings.batch_size} slices "
        f"({settings.steps} steps); the paper has 100 x 100 x 8.",
        f"Slices of {settings.recipe.size} x {settings.recipe.size} (paper: 224), generator of "
        f"width {settings.width} (paper: 32), preparation {settings.recipe.name}, Adam "
        f"{settings.learning_rate:g}, "
        + (
            "all slices drawn alike"
            if settings.lesion_slices is None
            else f"{settings.lesion_slices} lesion slices a batch"
        )
        + ".",
        f"Seeds {', '.join(map(str, experiment.seeds))}; threshold and epoch by validation Dice."
        + _certainty_in_words(settings.recipe),
        "Versions: " + ", ".join(f"{name} {number}" for name, number in known.items()) + ".",
        "Research software, not a medical device.",
    ]


def _certainty_in_words(recipe: Recipe) -> str:
    if not recipe.certainty:
        return ""
    share = f"{recipe.certainty:g} of the way from the threshold to 1"
    return f" A lesion's probability reaches {share} somewhere (paper: no such condition)."


def _html_of(tables: Sequence[Table]) -> str:
    return "\n".join(
        f"<p>{html.escape(table.title)}, {html.escape(table.note)}</p>\n{_table(table)}"
        for table in tables
    )


def _table(table: Table) -> str:
    def row(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

    body = "".join(row(cells, "td") for cells in table.rows)
    return f"<table><thead>{row(table.headings, 'th')}</thead><tbody>{body}</tbody></table>"


def _list(lines: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in lines) + "</ul>"


def _image(name: str, description: str) -> str:
    return f'<img src="{name}" alt="{html.escape(description)}">'


def _write(path: Path, text: str) -> None:
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem;
  color: CanvasText; background: Canvas; color-scheme: light dark; }}
table {{ border-collapse: collapse; margin: 0.5rem 0 1.5rem; }}
th, td {{ border-bottom: 1px solid GrayText; padding: 0.3rem 0.7rem; text-align: left; }}
img {{ max-width: 100%; background: white; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{cells}</p>
{body}
</body>
</html>
"""
