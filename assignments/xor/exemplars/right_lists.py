# expect: full
# One unit for each of the two ones of the table; plain lists of whole numbers, two to the unit so that nothing is odd.
def xor_network():
    return [[2, -2], [-2, 2]], [-1, -1], [[2, 2]], [-1]
