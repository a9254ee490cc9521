# expect: f4=0 mistake=not-squared
def f4(x, a=1):
    return a*x
