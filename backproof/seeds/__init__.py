"""The runs of the five seed texts, each from derived formulas; `table` lists them."""
