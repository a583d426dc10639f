"""How many requests an endpoint is asked at once, and what becomes of them when it complains."""

import random

from stub_model import Reply, run, service


def test_of_a_thousand_none_is_lost_when_one_in_ten_is_too_many(server, tmp_path):
    rng = random.Random(1)

    def script(_body, _number):
        crowded = Reply(status=429, headers={"Retry-After": "0.01"})
        return crowded if rng.random() < 0.1 else Reply(after_s=0.001)

    server.script = script
    ran = run(tmp_path, service(server.url), samples=1000)
    assert len(ran.texts()) == 1000
    assert ran.counts["retried"] > 60
    assert ran.report.complete


def test_never_more_at_once_than_parallel(server, tmp_path):
    server.script = lambda *_: Reply(after_s=0.02)
    run(tmp_path, service(server.url, parallel=7), samples=50)
    assert server.most == 7


def test_an_endpoint_that_bears_twenty_is_asked_about_as_many(server, tmp_path):
    """The window finds the limit: few complaints, nothing lost, and no long idling below it."""
    seen = []

    def script(_body, _number):
        seen.append(server.now)
        crowded = Reply(status=429, headers={"Retry-After": "0.02"})
        return crowded if server.now > 20 else Reply(after_s=0.02)

    server.script = script
    ran = run(tmp_path, service(server.url, parallel=100), samples=1000)
    assert len(ran.texts()) == 1000
    assert ran.counts["retried"] < 250
    settled = seen[len(seen) // 3 :]
    assert max(settled) <= 30  # of 100; a window is as exact as a client is quick
    assert sum(settled) / len(settled) > 5
