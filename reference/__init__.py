"""The mathematics of the course as we would teach it, with the ways it goes wrong beside it; NumPy only."""
