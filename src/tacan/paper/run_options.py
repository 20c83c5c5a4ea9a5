"""What the commands of all tables have in common, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from tacan.computing import Device, Precision
from tacan.cores import available_cores
from tacan.errors import ConfigError
from tacan.paper.benchmark import (
    Benchmark,
    duke_benchmark,
    generate_part,
    generated_benchmark,
    mars_benchmark,
    read_people,
)
from tacan.paper.sizes import SIZES, Size
from tacan.paper.table_cells import Cell, plan_cells
from tacan.paper.variants import Variant
from tacan.progress import Stage, StageListener, unheard

__all__ = ["RunOptions"]

Count = Annotated[int | None, Parameter(validator=Number(gte=1))]
Flag = Annotated[bool, Parameter(negative="")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Raises `ConfigError` for options that contradict each other."""

    size: Literal["two-cores", "one-gpu", "paper-size"] = "two-cores"
    """How large everything is: two-cores trains a row in minutes without a GPU; one-gpu has the
    encoder and the crops of the paper, from random weights, in minutes on a GPU of 40 GB;
    paper-size has the sizes of Sec. 4.5 and needs a GPU of 24 GB."""
    data: Path | None = None
    """The folder of a copy of MARS; for Table 5, of DukeMTMC-VideoReID."""
    generated: Flag = False
    """People that are drawn, which is the default without --data."""
    tests: Count = None
    """How many of the generated crowds to test with; all when not given."""
    seeds: str = "0,1,2"
    """Seeds of the trainings, separated by commas. People and tests are the same for all."""
    iterations: Count = None
    """Steps of each training, in place of those of the size."""
    precision: Precision | None = None
    """Arithmetic of the trainings, in place of that of the size, bf16. On a processor without
    units for bf16 (AMX) 32 is faster."""
    threads: Count = None
    """Threads of torch; as many as it takes by itself when not given."""
    workers: Annotated[int, Parameter(validator=Number(gte=0))] = 0
    """Processes that read crops while it trains; 0 is best for crops that fit into memory."""
    device: Device = "auto"
    """Where it embeds. Training takes a GPU where there is one; cuda wants one to be there."""
    fetch: Flag = False
    """Let timm fetch the encoder's first weights from the network, as paper-size needs."""

    def __post_init__(self) -> None:
        faults = []
        if self.generated and self.data is not None:
            faults.append("either --generated or --data FOLDER is given, not both")
        if self.tests is not None and self.data is not None:
            faults.append("--tests is for generated people; MARS has one test")
        if faults:
            raise ConfigError(faults, source="the command line")

    @property
    def settings(self) -> Size:
        return SIZES[self.size]

    @property
    def folder(self) -> Path:
        """Where people, runs and tables go unless --out says otherwise."""
        return Path("runs") / "paper" / ("mars" if self.data else self.size)

    def seed_numbers(self) -> list[int]:
        """Raises `ConfigError`."""
        try:
            return sorted({int(seed) for seed in self.seeds.split(",")})
        except ValueError as error:
            fault = f"--seeds are whole numbers, separated by commas; got {self.seeds!r}"
            raise ConfigError([fault], source="the command line") from error

    def benchmark(self, people: Path, *, listener: StageListener = unheard) -> Benchmark:
        """The copy of MARS, or people generated into the folder `people`, where not there yet.

        Raises `StorageError` where there is anything else.
        """
        if self.data is not None:
            return mars_benchmark(self.data)
        wanted = read_people(self.settings.people)
        wanted = dict(list(wanted.items())[: None if self.tests is None else 1 + self.tests])
        for place, (part, arguments) in enumerate(wanted.items(), start=1):
            stage = Stage(place, len(wanted), f"Generate people: {part}", "tracklets", done=False)
            with listener(stage) as progress:
                workers = self.threads or available_cores()
                generate_part(people / part, arguments, workers=workers, progress=progress)
        return generated_benchmark(people, wanted)

    def duke(self, people: Path, *, listener: StageListener = unheard) -> Benchmark:
        """The copy of DukeMTMC-VideoReID, or people generated in its layout in `people`."""
        if self.data is not None:
            return duke_benchmark(self.data)
        return duke_benchmark(self.generate_layout("duke-video", people, listener=listener))

    def generate_layout(
        self, layout: str, people: Path, *, listener: StageListener = unheard
    ) -> Path:
        """People in `layout`, generated into a folder of its name in `people` where not there yet:
        that folder."""
        root = people / layout
        stage = Stage(1, 1, f"Generate people: {layout}", "tracklets", done=False)
        with listener(stage) as progress:
            workers = self.threads or available_cores()
            arguments = self.settings.other_people(layout)
            generate_part(root, arguments, workers=workers, progress=progress)
        return root

    def cells(
        self, variants: Sequence[Variant], benchmark: Benchmark, rows: Path
    ) -> tuple[Cell, ...]:
        """Every row with every seed, with its run in the folder `rows`. Raises `ConfigError`."""
        return plan_cells(
            self.settings.base,
            benchmark,
            rows,
            variants=variants,
            seeds=self.seed_numbers(),
            overrides=self.overrides(),
        )

    def overrides(self) -> dict[str, Any]:
        """What the options change of the settings of every row."""
        overrides: dict[str, Any] = {"data.workers": self.workers}
        if self.iterations is not None:
            overrides |= {
                "run.iterations": self.iterations,
                "optimiser.warmup": self.iterations // 10,
            }
        if self.precision is not None:
            overrides["run.precision"] = self.precision
        return overrides

    def settle_torch(self) -> str:
        """Sets torch's threads as asked, and returns the device's name, cpu or cuda.

        Raises `ConfigError` where the device that was asked for is not there.
        """
        import torch

        if self.threads is not None:
            torch.set_num_threads(self.threads)
        if self.device == "cuda" and not torch.cuda.is_available():
            raise ConfigError(
                ["--device cuda needs a GPU that torch can use; there is none"],
                source="the command line",
            )
        found = "cuda" if torch.cuda.is_available() else "cpu"
        return found if self.device == "auto" else self.device
