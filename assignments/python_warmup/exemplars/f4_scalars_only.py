# expect: f4=2.75
def f4(x, a=1):
    return float(a) * float(x) ** 2
