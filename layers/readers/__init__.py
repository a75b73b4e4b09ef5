"""Files to grids, records and geographic frames: knows formats, not who wrote them.

`formats` tells by the bytes what a file is; `text`, `sheets` and `grids` open tables, `headers`
finds the table within a grid, `records` opens JSON, `vectors` geographic formats, `archives` zip.
Whatever a file holds, only ValueError and OSError leave these modules.
"""
