# expect: full
def f4(x, a=None):
    if a is None:
        a = 1
    result = x * a * x
    print("f4 =", result)
    return result


print(f4(2), f4(2, 2))
