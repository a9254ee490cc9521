"""What the service does, one verb a function; pages, API and command line only parse, call one and render.

Every function takes an open session first, and `now` (aware UTC) where time matters. None commits: the caller does,
once, when everything it called has gone well. One that writes calls `grader.db.begin_write` before it reads.
"""
