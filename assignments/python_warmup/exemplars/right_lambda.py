# expect: full
from functools import partial

scaled_power = lambda power, x, a=1: a * pow(x, power)
f4 = partial(scaled_power, 2)
