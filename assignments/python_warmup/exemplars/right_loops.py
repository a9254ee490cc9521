# expect: full
# Entry by entry, and lists come back.
def f4(x, a=1):
    try:
        rows = list(x)
    except TypeError:
        square = x * x
        return a * square
    return [f4(entry, a) for entry in rows]
