# expect: f4=0 mistake=added
def f4(x, a=1):
    square = x * x
    return square + a
