"""python -m nq57xl."""

from nq57xl.cli import main

if __name__ == "__main__":
    main()
