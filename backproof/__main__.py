"""python -m backproof"""

from .cli import main

main(prog_name="backproof")
