"""python -m service"""

from service.entrypoints.cli import main

main()
