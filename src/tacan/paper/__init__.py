"""The paper's tables: which settings make which row, what it published, and what ours come to."""

from tacan.paper.ladder import climb, plan_ladder
from tacan.paper.people import Bed, generate_part, generated_bed, mars_bed, read_people
from tacan.paper.tables import as_csv, as_json, as_markdown, make_rows
from tacan.paper.variants import Variant, find_variants, variant_config, variant_yaml
from tacan.runs.table1_results import Result, collect_results

__all__ = [
    "Bed",
    "Result",
    "Variant",
    "as_csv",
    "as_json",
    "as_markdown",
    "climb",
    "collect_results",
    "find_variants",
    "generate_part",
    "generated_bed",
    "make_rows",
    "mars_bed",
    "plan_ladder",
    "read_people",
    "variant_config",
    "variant_yaml",
]
