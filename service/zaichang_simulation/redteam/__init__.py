"""The suites' and the search's figures, and the pages that are made from them."""
