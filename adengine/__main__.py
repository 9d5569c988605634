"""`python -m adengine` is the `adengine` command."""

from adengine.cli import main

main()
