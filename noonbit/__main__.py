"""`python -m noonbit` is `noonbit`; what torchrun starts."""

from noonbit.cli.main import main

if __name__ == "__main__":
    main()
