# expect: f4=0 mistake=no-default
def f4(x, a):
    return a*x**2
