"""Functions for worker processes: good ones, and some that harm their worker."""

import os
import time


def double(number):
    return 2 * number


def refuses(_number):
    raise ValueError("no such number")


def recurses(number):
    return recurses(number)


def has_a_bug(number):
    return {}[number]


def hangs(_number):
    time.sleep(60)


def dies(_number):
    os._exit(9)


def returns_a_function(_number):
    return lambda: 0
