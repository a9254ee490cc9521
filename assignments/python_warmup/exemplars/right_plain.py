# expect: full
def f4(x, a=1):
    return a*x**2
