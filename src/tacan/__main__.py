"""`python -m tacan`"""

from tacan.cli import main

if __name__ == "__main__":
    main()
