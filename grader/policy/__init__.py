"""The rules of a course, pure: no database, no Flask, and the time is an argument."""
