"""Grades: takes runs from the queue, has the code played in the sandbox, judges what comes back."""
