"""Table 1, from nothing: people, a training for every row and seed, and one table."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

from tacan.cli.console import note, say, show_stage
from tacan.cores import available_cores
from tacan.errors import ConfigError, TacanError
from tacan.files import write_text
from tacan.paper import (
    Benchmark,
    as_csv,
    as_json,
    as_markdown,
    collect_results,
    find_variants,
    generate_part,
    generated_benchmark,
    make_rows,
    mars_benchmark,
    plan_cells,
    read_people,
    run_table,
    variant_yaml,
)
from tacan.paper.published import TABLE_1 as PUBLISHED
from tacan.paper.variants import TABLE_1
from tacan.progress import Stage
from tacan.views.table1_chart import draw_rows

HERE = Path(__file__).parent
Count = Annotated[int | None, Parameter(validator=Number(gte=1))]

app = App(name="run.py", help=__doc__, suppress_keyboard_interrupt=False)


@app.default
def run(
    size: Literal["two-cores", "paper-size"] = "two-cores",
    /,
    *,
    out: Path | None = None,
    rows: str = ",".join(TABLE_1),
    seeds: str = "0,1,2",
    iterations: Count = None,
    mars: Path | None = None,
    threads: Count = None,
    workers: Annotated[int, Parameter(validator=Number(gte=0))] = 0,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    fetch: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Trains and tests the rows of Table 1 and writes table1.md, .csv, .json and .png.

    Interrupted, the same command goes on where it stopped. Rows and seeds may be asked for in
    several calls; the table holds all that are in OUT.

    Parameters
    ----------
    size
        The folder beside this file with the settings: two-cores or paper-size.
    out
        The folder for people, runs and tables; runs/table1/SIZE when not given.
    rows
        Which rows, by their names, separated by commas.
    seeds
        Seeds of the trainings, separated by commas. The people and the tests are the same for all.
    iterations
        Steps of each training, in place of those of the settings.
    mars
        A copy of MARS, in place of generated people.
    threads
        Threads of torch; as many as it takes by itself when not given.
    workers
        Processes that read crops while it trains; 0 is best for crops that fit into memory.
    device
        Where it embeds. Training takes a GPU if there is one.
    fetch
        Let timm fetch the first weights of the encoder from the network, as paper-size needs.
    """
    folder, place = HERE / size, out or Path("runs") / "table1" / size
    variants, numbers = find_variants(rows), _seeds(seeds)
    overrides: dict[str, object] = {"data.workers": workers}
    if iterations is not None:
        overrides |= {"run.iterations": iterations, "optimiser.warmup": iterations // 10}
    if threads is not None:
        import torch

        torch.set_num_threads(threads)
    benchmark = mars_benchmark(mars) if mars else _make_people(folder, place / "people", threads)
    runs = place / "rows"
    base = folder / "base.yaml"
    cells = plan_cells(
        base,
        benchmark,
        runs,
        variants=variants,
        seeds=numbers,
        overrides=overrides,
    )
    for first in range(0, len(cells), len(variants)):
        run_table(
            cells[first : first + len(variants)],
            benchmark,
            device=device,
            fetch=fetch,
            listener=show_stage,
        )
        _write_tables(place, runs, size)
    say((place / "table1.md").read_text(encoding="utf-8"))
    note(f"{place}/table1.md, .csv, .json and .png")


@app.command
def write_rows(size: Literal["two-cores", "paper-size"]) -> None:
    """Writes the rows of a size as files of their own, which `tacan train` takes one by one."""
    folder = HERE / size
    for name, variant in TABLE_1.items():
        write_text(folder / "rows" / f"{name}.yaml", variant_yaml(variant, folder / "base.yaml"))


def _seeds(text: str) -> list[int]:
    try:
        return sorted({int(seed) for seed in text.split(",")})
    except ValueError as error:
        fault = f"--seeds are whole numbers, separated by commas; got {text!r}"
        raise ConfigError([fault], source="the command line") from error


def _make_people(folder: Path, out: Path, threads: int | None) -> Benchmark:
    people = read_people(folder / "people.yaml")
    for place, (part, arguments) in enumerate(people.items(), start=1):
        stage = Stage(place, len(people), f"Generate people: {part}", "tracklets", done=False)
        with show_stage(stage) as progress:
            workers = threads or available_cores()
            generate_part(out / part, arguments, workers=workers, progress=progress)
    return generated_benchmark(out, people)


def _write_tables(out: Path, runs: Path, size: str) -> None:
    rows = make_rows(collect_results(runs), TABLE_1, PUBLISHED)
    content = {"table": 1, "size": size, "protocol": "mars-9330", "rows": as_json(rows)}
    write_text(out / "table1.md", as_markdown(rows))
    write_text(out / "table1.csv", as_csv(rows))
    write_text(out / "table1.json", json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    draw_rows(rows, out / "table1.png")


if __name__ == "__main__":
    try:
        app()
    except TacanError as error:
        note(f"run.py: {error}")
        sys.exit(1)
    except KeyboardInterrupt as stopped:
        note(f"run.py: {stopped or 'interrupted'}. The same command goes on from there.")
        sys.exit(130)
