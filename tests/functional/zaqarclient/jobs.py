"""A job queue made with python-zaqarclient, as its documentation has it.

    jobs.py URL post FILE     posts each word of the file as one job
    jobs.py URL work          claims and deletes jobs until there are none, and prints each as it is done
"""
import json
import sys

from zaqarclient.queues import client

QUEUE = 'words'
CONF = {'auth_opts': {'backend': 'noauth', 'options': {'os_project_id': 'jobs'}}}


def connect(url):
    return client.Client(url, version=1, conf=CONF).queue(QUEUE)


def post(url, name):
    queue = connect(url)
    with open(name, encoding='utf-8') as text:
        words = text.read().split()
    for start in range(0, len(words), 50):
        batch = words[start:start + 50]
        queue.post([{'ttl': 600, 'body': {'no': start + index, 'word': word}} for index, word in enumerate(batch)])
    print(json.dumps({'posted': len(words), 'stats': queue.stats['messages']['free']}))


def work(url):
    queue = connect(url)
    while True:
        claim = queue.claim(ttl=300, grace=60, limit=5)
        jobs = list(claim)
        if not jobs:
            break
        for job in jobs:
            print(json.dumps(job.body), flush=True)
            job.delete()


if __name__ == '__main__':
    {'post': post, 'work': work}[sys.argv[2]](sys.argv[1], *sys.argv[3:])
