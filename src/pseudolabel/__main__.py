"""`python -m pseudolabel` is the command line."""

from pseudolabel.cli import main

if __name__ == "__main__":
    main()
