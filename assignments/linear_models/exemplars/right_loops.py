# expect: full


def dot(a, b):
    total = 0.0
    for j in range(len(a)):
        total += float(a[j]) * float(b[j])
    return total


def regression_loss(X, y, w):
    total = 0.0
    for i in range(len(X)):
        total += (dot(X[i], w) - y[i]) ** 2
    return total / len(X)


def regression_gradient(X, y, w):
    gradient = [0.0] * len(w)
    for i in range(len(X)):
        error = dot(X[i], w) - y[i]
        for j in range(len(w)):
            gradient[j] += 2 * error * X[i][j] / len(X)
    return gradient


def classify(W, X):
    if X.ndim == 2:
        return [classify(W, x) for x in X]
    best = 0
    for c in range(len(W)):
        if dot(W[c], X) > dot(W[best], X):
            best = c
    return best


def top_k_error(scores, labels, k):
    wrong = 0
    for row, label in zip(scores, labels):
        better = 0
        for score in row:
            if score > row[label]:
                better += 1
        if better >= k:
            wrong += 1
    return wrong / len(scores)
