"""What noonbit is compared with, each written as its own tutorials write it."""
