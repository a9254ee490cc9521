# expect: f4=3
def f4(x, a=2):
    return a*x**2
