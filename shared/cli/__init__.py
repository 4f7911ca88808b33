"""`bk`: the one command of this product."""
