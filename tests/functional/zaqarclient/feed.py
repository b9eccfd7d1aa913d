"""Publish and subscribe with python-zaqarclient.

    feed.py URL publish NAME COUNT     publishes numbered messages
    feed.py URL subscribe NAME COUNT   follows the feed from its start by the links of its pages, until it has seen COUNT
                                       messages of others, and prints each
"""
import json
import sys
import time

from zaqarclient.queues import client

QUEUE = 'feed'
DEADLINE = 60


def connect(url):
    conf = {'auth_opts': {'backend': 'noauth', 'options': {'os_project_id': 'feed'}}}
    made = client.Client(url, version=1, conf=conf)
    return made, made.queue(QUEUE)


def publish(url, name, count):
    _, queue = connect(url)
    for number in range(int(count)):
        queue.post({'ttl': 600, 'body': {'from': name, 'no': number}})
    without, echoed = ([message.body['from'] for message in queue.messages(limit=20, **params).stream()].count(name)
                       for params in ({}, {'echo': True}))
    print(json.dumps({'without_echo': without, 'with_echo': echoed}))


def next_page(made, page):
    """The page after this one, or None where the feed has ended for now."""
    links = [link['href'] for link in page['links'] if link['rel'] == 'next']
    return made.follow(links[0])


def subscribe(url, name, count):
    made, queue = connect(url)
    seen, end = 0, time.monotonic() + DEADLINE
    page = None
    while seen < int(count) and time.monotonic() < end:
        found = made.follow(f'/v1/queues/{QUEUE}/messages?limit=7') if page is None else next_page(made, page)
        if not found:
            time.sleep(0.05)
            continue
        page = found
        for message in page['messages']:
            seen += 1
            print(json.dumps(message['body']), flush=True)
    # The same by the client's own iterator: from the start to the end.
    whole = [message.body for message in queue.messages(limit=7).stream()]
    print(json.dumps({'subscriber': name, 'whole': len(whole)}))


if __name__ == '__main__':
    {'publish': publish, 'subscribe': subscribe}[sys.argv[2]](sys.argv[1], *sys.argv[3:])
