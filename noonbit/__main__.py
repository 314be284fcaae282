"""`python -m noonbit` is `noonbit`; what torchrun starts."""

from noonbit.cli import main

if __name__ == "__main__":
    main()
