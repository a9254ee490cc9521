# expect: full
import math
import random

import numpy as np


def neuron_create(num_inputs, bias):
    return {'weights': np.zeros(num_inputs), 'inputs': np.zeros(num_inputs), 'output': None,
            'bias': random.random() if bias is None else bias}


def neuron_cal_output(neuron, inputs):
    neuron['inputs'] = inputs
    total = 0.0
    for i in range(len(inputs)):
        total += inputs[i] * neuron['weights'][i]
    neuron['output'] = 1 / (1 + math.exp(-(total + neuron['bias'])))
    return neuron['output']


def neural_network_create(num_inputs, num_hidden, num_outputs,
                          hidden_layer_weights=None, hidden_layer_bias=None,
                          output_layer_weights=None, output_layer_bias=None):
    hidden_layer = [neuron_create(num_inputs, hidden_layer_bias) for _ in range(num_hidden)]
    output_layer = [neuron_create(num_hidden, output_layer_bias) for _ in range(num_outputs)]
    weight_num = 0
    for neuron in hidden_layer:
        for i in range(num_inputs):
            if not hidden_layer_weights:
                neuron['weights'][i] = random.random()
            else:
                neuron['weights'][i] = hidden_layer_weights[weight_num]
            weight_num += 1
    weight_num = 0
    for neuron in output_layer:
        for h in range(num_hidden):
            if not output_layer_weights:
                neuron['weights'][h] = random.random()
            else:
                neuron['weights'][h] = output_layer_weights[weight_num]
            weight_num += 1
    return {'hidden_layer': hidden_layer, 'output_layer': output_layer}


def neural_network_feed_forward(neural_network, train_xi):
    hidden = np.zeros(len(neural_network['hidden_layer']))
    for index, neuron in enumerate(neural_network['hidden_layer']):
        hidden[index] = neuron_cal_output(neuron, train_xi)
    outputs = np.zeros(len(neural_network['output_layer']))
    for index, neuron in enumerate(neural_network['output_layer']):
        outputs[index] = neuron_cal_output(neuron, hidden)
    return outputs


def neural_network_total_error(neural_network, train_x, train_y):
    total = 0.0
    for xi, yi in zip(train_x, train_y):
        outputs = neural_network_feed_forward(neural_network, xi)
        for o in range(len(yi)):
            total += 0.5 * (yi[o] - outputs[o]) ** 2
    return total


def neural_network_train(neural_network, train_x, train_y, learning_rate):
    hidden_layer, output_layer = neural_network['hidden_layer'], neural_network['output_layer']
    neural_network_feed_forward(neural_network, train_x)
    output_deltas = []
    for o, neuron in enumerate(output_layer):
        out = neuron['output']
        output_deltas.append(-(train_y[o] - out) * out * (1 - out))
    hidden_deltas = []
    for h, neuron in enumerate(hidden_layer):
        error = 0.0
        for o in range(len(output_layer)):
            error += output_deltas[o] * output_layer[o]['weights'][h]
        hidden_deltas.append(error * neuron['output'] * (1 - neuron['output']))
    for o, neuron in enumerate(output_layer):
        for h in range(len(neuron['weights'])):
            neuron['weights'][h] -= learning_rate * output_deltas[o] * neuron['inputs'][h]
    for h, neuron in enumerate(hidden_layer):
        for i in range(len(neuron['weights'])):
            neuron['weights'][i] -= learning_rate * hidden_deltas[h] * neuron['inputs'][i]
