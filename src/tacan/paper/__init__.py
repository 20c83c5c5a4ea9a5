"""The paper's tables: which settings make which row, what it published, and what ours come to."""

from tacan.paper.benchmark import (
    Benchmark,
    generate_part,
    generated_benchmark,
    mars_benchmark,
    read_people,
)
from tacan.paper.numbered_tables import NUMBERED_TABLES, NumberedTable
from tacan.paper.run_options import RunOptions
from tacan.paper.sizes import SIZES, Size
from tacan.paper.table_cells import plan_cells, run_table
from tacan.paper.table_latex import as_latex
from tacan.paper.tables import as_csv, as_json, as_markdown, make_rows
from tacan.paper.variants import Variant, find_variants, variant_config, variant_yaml
from tacan.runs.row_results import Result, collect_results

__all__ = [
    "NUMBERED_TABLES",
    "SIZES",
    "Benchmark",
    "NumberedTable",
    "Result",
    "RunOptions",
    "Size",
    "Variant",
    "as_csv",
    "as_json",
    "as_latex",
    "as_markdown",
    "collect_results",
    "find_variants",
    "generate_part",
    "generated_benchmark",
    "make_rows",
    "mars_benchmark",
    "plan_cells",
    "read_people",
    "run_table",
    "variant_config",
    "variant_yaml",
]
