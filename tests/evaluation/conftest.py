from __future__ import annotations

import sys
from pathlib import Path

# The naive loops are a module beside the tests, whichever way pytest imports these.
sys.path.insert(0, str(Path(__file__).parent))
