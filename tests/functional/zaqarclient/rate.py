"""Posts with python-zaqarclient to a server that lets a project ask only now and then.

    rate.py URL COUNT     posts numbered messages one by one until COUNT were posted after one was refused, and prints of each what
                          post() did: `posted`, or the class of what it raised with its text
"""
import json
import sys
import time

from zaqarclient.queues import client

QUEUE = 'slow'
DEADLINE = 60


def main(url, count):
    conf = {'auth_opts': {'backend': 'noauth', 'options': {'os_project_id': 'slow'}}}
    queue = client.Client(url, version=1, conf=conf).queue(QUEUE)
    number, later, was_refused, end = 0, 0, False, time.monotonic() + DEADLINE
    while later < int(count) and time.monotonic() < end:
        try:
            queue.post([{'ttl': 600, 'body': {'no': number}}])
            outcome = {'no': number, 'did': 'posted'}
            later += was_refused
        except Exception as error:  # whatever it is, the caller has heard of it
            outcome = {'no': number, 'did': type(error).__name__, 'text': str(error)}
            was_refused = True
            time.sleep(0.05)
        print(json.dumps(outcome), flush=True)
        number += 1


if __name__ == '__main__':
    main(*sys.argv[1:])
