# expect: xor_network=0
# A function of two inputs, not the network.
def xor_network(x0=0, x1=1):
    return int(x0 != x1)
