"""`python -m greffier` is the `greffier` command."""

import os

# NumPy's BLAS spins on every core after each small product of a mel: that was a third of the CPU
# time of the recognition process. Read when NumPy is loaded; CTranslate2 has threads of its own.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from greffier.cli import main

if __name__ == "__main__":
    main()
