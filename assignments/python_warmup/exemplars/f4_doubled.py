# expect: f4=0 mistake=doubled
def f4(x, a=1):
    return a*x*2
