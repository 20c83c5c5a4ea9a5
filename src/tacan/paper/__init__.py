"""The paper's tables: which settings make which row, and what it published."""
