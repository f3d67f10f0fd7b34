"""`python -m estampe` is the `estampe` command."""

from estampe.cli import main

main()
