"""`python -m noonbit` is the command `noonbit`."""

from noonbit.cli.main import main

if __name__ == "__main__":
    main()
