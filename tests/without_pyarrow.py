"""`pytest -p tests.without_pyarrow` runs the tests as on a machine without the extra `parquet`.

pandas then keeps texts in another way, and `export` has one format less.
"""

from __future__ import annotations

import sys
from typing import Any

if "pandas" in sys.modules:
    raise RuntimeError("pandas has looked for pyarrow already: name this plugin with -p, before the tests")
modules: dict[str, Any] = sys.modules
modules["pyarrow"] = None
