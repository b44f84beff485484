"""``python -m builder`` is the same command as ``livematte``."""

from builder.cli import main

if __name__ == "__main__":
    main()
