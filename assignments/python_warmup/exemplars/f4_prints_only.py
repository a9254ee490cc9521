# expect: f4=0
def f4(x, a=1):
    print(a*x**2)
