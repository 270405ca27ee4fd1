"""Named limits for files from outside, each with its reason. A form of ours is under 200 KB and under 20,000 cells."""

from __future__ import annotations

FILE_BYTES = 50 * 1024 * 1024
"""Pasted photographs make forms of some 20 MB; above this nothing honest is left, and mail would refuse it."""

UNPACKED_BYTES = 400 * 1024 * 1024
"""All parts together: formats on a million ghost rows unpack to some 100 MB; a zip bomb to far more."""

RATIO = 250
"""Unpacked over packed: ghost rows reach about 60; deflate cannot exceed 1,032, which bombs come close to."""

RATIO_FLOOR = 8 * 1024 * 1024
"""The ratio is not judged below this size: a small part cannot do harm."""

PARTS = 5_000
"""A workbook with a picture in every cell of a form has fewer parts."""

SHEETS = 200
"""A form has about a dozen; somebody's own workbook may hold a sheet for each day of half a year."""

ROWS = 200_000
"""Last row with a value: one stray cell at row 1,048,576 lets the reader ask for gigabytes (pitfalls.md 0.1)."""

COLUMNS = 500
"""Last column with a value: the same reason."""

BOX_CELLS = 5_000_000
"""Rows times columns of one sheet: what the reader allocates, about 24 bytes each."""

VALUE_CELLS = 250_000
"""Cells with a value in the whole workbook: read, sent on and rejoined in about ten seconds."""

ADDED_ROWS = 300
"""Rows that a unit adds under one table: what reads them, judges them and writes them into a form costs a second."""

MERGED_AREAS = 10_000
"""Merged areas of a sheet that are looked at: a form has some fifty."""

LINKS = 20_000
"""Hyperlinks of a sheet: a form with one in every entry cell has some thousand."""

REMARKS = 500
"""Comments, text boxes and pictures of a sheet that are told: a form has some three hundred entry cells."""

REMARK_TEXT = 5_000
"""Letters of one of them."""

TEXT_LETTERS = 50_000_000
"""Letters of all cells together: a text shared by a million cells costs the reader a million copies."""

XML_DEPTH = 200
"""Elements within elements: workbooks have some ten, with drawings in groups some thirty."""

CELL_TEXT = 32_767
"""Excel's own limit for a cell; longer texts come from other programs and are cut by Excel."""

ARCHIVE_MEMBERS = 1_000
"""Files in one archive or mail with all that is nested in it: a whole agency sends fewer."""

ARCHIVE_BYTES = 500 * 1024 * 1024
"""What they unpack to, all together."""

ARCHIVE_DEPTH = 4
"""An archive in a mail in an archive is real; deeper ones are built."""

ARCHIVE_DIRECTORY = 2 * 1024 * 1024
"""Size of a zip's list of members: some 20,000; longer lists cost seconds before the first member is seen."""

MAIL_LINES = 10_000
"""Boundaries and part headers in a mail: the parser takes seconds for more."""

MAIL_DEPTH = 20
"""Parts within parts; mail programs make four."""

WORKER_MEMORY = 3 * 1024 * 1024 * 1024
"""Address space of a reader process: an allocation above it fails there, and not the machine."""

CONVERT_SECONDS = 45
"""LibreOffice needs 2 to 10 seconds for a form; must be under the reader's own time limit."""

READ_SECONDS = 60.0
"""Time limit for one file: a form takes a tenth of a second, the most cells allowed about five."""
