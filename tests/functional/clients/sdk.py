"""openstacksdk: `openstack.connect(...).message`, through Keystone."""
import os

import openstack
from openstack import exceptions

from report import breaks, does, names, refused, same


def connect(user, project):
    return openstack.connect(
        auth_url=os.environ['OS_AUTH_URL'], username=user, password=f'{user}pw', project_name=project,
        user_domain_id='default', project_domain_id='default', region_name='RegionOne', app_name='marconi-tests')


CLIENT = {'Client-ID': '3381af922b9e11e3b191718613007340'}

names('openstacksdk', 'v2')
demo = connect('demo', 'demo').message
other = connect('alt_demo', 'alt_demo').message

with does('read the version list'):
    same(demo.get_endpoint_data().api_version, (2, 0))
    same(demo.get_endpoint().rstrip('/'), f'{os.environ["MARCONI_URL"]}/v2')

with does('list queues page by page'):
    # It asks on until a page is empty: with one queue as well as with three.
    demo.create_queue(name='jobs')
    same([queue.name for queue in demo.queues(limit=1)], ['jobs'])
    demo.create_queue(name='mail')
    demo.create_queue(name='news')
    same([queue.name for queue in demo.queues(limit=1)], ['jobs', 'mail', 'news'])
    same([queue.name for queue in demo.queues()], ['jobs', 'mail', 'news'])
with does('create a queue'):
    queue = demo.create_queue(name='kept', default_message_ttl=120, description='of the tests')
    same(queue.name, 'kept')
    # It sends the name along, and that becomes metadata.
    same(demo.get('/queues/kept', headers=CLIENT).json()['name'], 'kept')
with does('read metadata'):
    queue = demo.get_queue('kept')
    same((queue.default_message_ttl, queue.description), (120, 'of the tests'))

with does('post messages'):
    posted = demo.post_message('jobs', [{'body': {'no': number}, 'ttl': 300} for number in range(3)])
    same(len(posted), 3)
with does('list messages page by page'):
    # It names the last message of a page by its id.
    same([message.body['no'] for message in demo.messages('jobs', echo=True, limit=1)], [0, 1, 2])
    same([message.body['no'] for message in demo.messages('jobs', echo=True)], [0, 1, 2])
ids = [href.split('/')[-1] for href in posted]
with does('get a message'):
    same(demo.get_message('jobs', ids[0]).body, {'no': 0})
with does('delete a message'):
    demo.delete_message('jobs', ids[0])
    refused(exceptions.NotFoundException, ids[0], lambda: demo.get_message('jobs', ids[0]))

with breaks('claim messages', AttributeError, 'split'):
    # The claim is made; then it trips over the Location of the answer, and its caller does not hear of the claim.
    demo.create_claim('jobs', ttl=300, grace=60)
# What comes after works with a claim that was made by hand.
made = demo.post('/queues/mail/messages', json={'messages': [{'body': {'no': number}, 'ttl': 300} for number in range(2)]}, headers=CLIENT)
claim = demo.post('/queues/mail/claims', json={'ttl': 300, 'grace': 60}, headers=CLIENT).headers['location'].split('/')[-1]
ids = [href.split('/')[-1] for href in made.json()['resources']]
with does('query a claim'):
    found = demo.get_claim('mail', claim)
    same((found.ttl, [message['body']['no'] for message in found.messages]), (300, [0, 1]))
with does('renew a claim'):
    demo.update_claim('mail', claim, ttl=500, grace=70)
    same(demo.get_claim('mail', claim).ttl, 500)
with does('delete a claimed message'):
    refused(exceptions.ForbiddenException, '403', lambda: demo.delete_message('mail', ids[0]))
    demo.delete_message('mail', ids[0], claim=claim)
    same([message['body']['no'] for message in demo.get_claim('mail', claim).messages], [1])
with does('release a claim'):
    demo.delete_claim('mail', claim)
    same([message.body['no'] for message in demo.messages('mail', echo=True)], [1])

with does('keep projects apart'):
    same(list(other.queues()), [])
    same(list(other.messages('jobs', echo=True)), [])
with breaks("tell a refusal in the server's words", KeyError, 'resources'):
    # It does not look at the status of a post. Elsewhere it tells the status alone: it looks for a `message`, as other services have it.
    demo.post_message('jobs', [{'body': 1, 'ttl': 5}])
with does('delete a queue'):
    for name in ('jobs', 'mail', 'news', 'kept'):
        demo.delete_queue(name)
    same(list(demo.queues()), [])
