# expect: f4=0 mistake=example-written-in
def f4(x, a=1):
    x = 2
    return a * x**2
