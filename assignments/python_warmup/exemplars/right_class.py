# expect: full
# A square and a factor apart, with names of their own; entries are squared by adding up.

class Parabola:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, x):
        half = x * x / 2
        return self.factor * (half + half)


def f4(x, a=1):
    return Parabola(a)(x)
