# expect: f4=0 mistake=factor-squared
def f4(x, a=1):
    return a**2*x
