"""Counting parameters: write the function, then hand this file in. The other answers are typed into the page."""


def count_parameters(layer_sizes, bias=True):
    """Return how many weights, and with bias=True how many weights and biases, a fully connected network has.

    layer_sizes is a list of whole numbers: the neurons of each layer, the input layer first.
    """
    raise NotImplementedError("count_parameters is not written yet: put your own lines here in place of this one")


if __name__ == "__main__":
    # Runs when you start this file yourself; the grader does not run it.
    print(count_parameters([3, 5, 2]))  # 32
    print(count_parameters([3, 5, 2], bias=False))  # 25
