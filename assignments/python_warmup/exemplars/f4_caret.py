# expect: f4=0 mistake=caret
def f4(x, a=1):
    return a * x ^ 2
