"""The whole service on one machine, as `./run` starts it: `python -m grader.embedded`."""
