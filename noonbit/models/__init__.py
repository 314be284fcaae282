"""Networks: one family a file, and the catalogue that names them."""
