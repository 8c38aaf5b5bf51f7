"""`python -m greffier` is the `greffier` command."""

from greffier.cli import main

if __name__ == "__main__":
    main()
