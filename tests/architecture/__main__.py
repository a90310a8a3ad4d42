"""`python -m tests.architecture`: draw the modules of the product and the arrows between them.

The picture goes to docs/images/modules.svg, or to the file that is named. It is of the code in the
current directory, so it can be made of any version that is checked out.
"""

import sys
from pathlib import Path

from tests.architecture.draw import svg
from tests.architecture.modules import look

if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images/modules.svg")
    target.write_text(svg(look(Path.cwd())), encoding="utf-8")
    print(f"drawn: {target}")
