"""python-zaqarclient, API v2, through Keystone. The environment has OS_AUTH_URL, and MARCONI_URL for what goes without it."""
import os

from zaqarclient.queues import client as clients
from zaqarclient.transport import errors

from report import does, names, refused, same


def connect(user, project):
    options = {
        'os_auth_url': os.environ['OS_AUTH_URL'], 'os_username': user, 'os_password': f'{user}pw', 'os_project_name': project,
        'os_user_domain_id': 'default', 'os_project_domain_id': 'default', 'os_region_name': 'RegionOne',
        'os_service_type': 'messaging', 'insecure': '', 'os_auth_token': '', 'os_project_id': '',
    }
    # No URL: it comes from the catalogue.
    return clients.Client(None, version=2, conf={'auth_opts': {'backend': 'keystone', 'options': options}})


def bodies(messages):
    return [message.body for message in messages]


names('python-zaqarclient', 'v2')
demo = connect('demo', 'demo')
other = connect('alt_demo', 'alt_demo')
admin = connect('demo_admin', 'demo')

with does('ping'):
    same(demo.ping(), True)
with does('read the home document'):
    same(demo.homedoc()['resources']['rel/queue']['href-template'], '/v2/queues/{queue_name}')
with does('check the health'):
    health = admin.health()
    same((health['catalog_reachable'], health['first']['storage_reachable']), (True, True))
    same([step['succeeded'] for step in health['first']['operation_status'].values()], [True] * 8)

with does('create a queue'):
    for name in ('jobs', 'mail', 'news'):
        demo.queue(name, force_create=True)
jobs = demo.queue('jobs')
with does('say whether a queue exists'):
    # It takes every answer but a 404 for yes, 405 too.
    same(jobs.exists(), True)
with does('list queues page by page'):
    same([queue.name for queue in demo.queues(limit=1)[0].stream()], ['jobs', 'mail', 'news'])
    same([queue.name for queue in demo.queues(limit=2)[0]], ['jobs', 'mail'])
with does('count queues'):
    same(demo.queues(with_count=True)[1], 3)
with does('replace metadata'):
    mail = demo.queue('mail')
    mail.metadata({'color': 'red', 'size': 3})
    mail.metadata({'color': 'blue', '_default_message_ttl': 120})
with does('read metadata'):
    found = demo.queue('mail').metadata()
    same(found['color'], 'blue')
    same('size' in found, False)
    same(found['_default_message_ttl'], 120)
    same(found['_max_messages_post_size'], 262144)
with does('list queues with their metadata'):
    detailed = {queue.name: queue.metadata() for queue in demo.queues(detailed=True)[0]}
    same(detailed['mail']['color'], 'blue')

with does('post messages'):
    posted = jobs.post([{'body': number, 'ttl': 300} for number in range(5)])['resources']
    same(len(posted), 5)
    jobs.post({'body': {'no': 5}, 'ttl': 300})
with does('list messages page by page'):
    same(bodies(jobs.messages(limit=2, echo=True).stream()), [0, 1, 2, 3, 4, {'no': 5}])
    same(bodies(jobs.messages()), [])
ids = [href.split('/')[-1] for href in posted]
with does('get a message'):
    message = jobs.message(ids[0])
    same((message.body, message.id, message.ttl), (0, ids[0], 300))
    same(message.checksum, 'MD5:cfcd208495d565ef66e7dff9f98764da')
with does('get several messages'):
    same(bodies(jobs.messages(*ids[1:3])), [1, 2])
with does('read statistics'):
    stats = jobs.stats['messages']
    same({key: stats[key] for key in ('free', 'claimed', 'total')}, {'free': 6, 'claimed': 0, 'total': 6})
    same(stats['oldest']['href'], posted[0])
with does('delete a message'):
    jobs.message(ids[0]).delete()
    refused(errors.ResourceNotFound, ids[0], lambda: jobs.message(ids[0]))
with does('delete several messages'):
    jobs.delete_messages(*ids[1:3])
    same(bodies(jobs.messages(echo=True)), [3, 4, {'no': 5}])
with does('post a delayed message'):
    delayed = demo.queue('news')
    delayed.post([{'body': 'later', 'ttl': 300, 'delay': 200}, {'body': 'now', 'ttl': 300}])
    same(bodies(delayed.messages(echo=True)), ['now'])
    same(bodies(delayed.messages(echo=True, include_delayed=True)), ['later', 'now'])

claim = None
with does('claim messages'):
    claim = jobs.claim(ttl=300, grace=60, limit=2)
    claimed = list(claim)
    same(bodies(claimed), [3, 4])
    same([message.claim_id for message in claimed], [claim.id] * 2)
    same(bodies(jobs.messages(echo=True)), [{'no': 5}])
    same(bodies(demo.queue('nothing').claim(ttl=300, grace=60, limit=1)), [])
with does('query a claim'):
    again = jobs.claim(id=claim.id)
    same(bodies(again), [3, 4])
    same((again.ttl, again.age < 60), (300, True))
with does('renew a claim'):
    claim.update(ttl=500, grace=70)
    same(jobs.claim(id=claim.id).ttl, 500)
with does('delete a claimed message'):
    claimed[0].delete()
    same(bodies(jobs.claim(id=claim.id)), [4])
with does('release a claim'):
    claim.delete()
    same(bodies(jobs.messages(echo=True)), [4, {'no': 5}])
    refused(errors.ResourceNotFound, claim.id, lambda: list(jobs.claim(id=claim.id)))
with does('pop messages'):
    same(bodies(jobs.pop(1)), [4])
    same(bodies(jobs.pop(5)), [{'no': 5}])
    same(bodies(jobs.pop()), [])
with does('purge a queue'):
    delayed.purge(resource_types=['messages'])
    delayed.post({'body': 'more', 'ttl': 300})
    delayed.purge()
    same(delayed.stats['messages']['total'], 0)

with does('sign a URL'):
    signed = jobs.signed_url(paths=['messages'], ttl_seconds=600, methods=['GET', 'POST'])
    same((signed['paths'], signed['methods']), (['/v2/queues/jobs/messages'], ['GET', 'POST']))
with does('work with a signed URL'):
    options = {**{key: signed[key] for key in ('paths', 'expires', 'methods', 'signature')}, 'os_project_id': signed['project']}
    stranger = clients.Client(os.environ['MARCONI_URL'], version=2, conf={'auth_opts': {'backend': 'signed-url', 'options': options}})
    stranger.queue('jobs').post([{'body': 'from outside', 'ttl': 300}])
    same(bodies(stranger.queue('jobs').messages(echo=True)), ['from outside'])
    refused(errors.ResourceNotFound, '', lambda: stranger.queue('mail').post([{'body': 1, 'ttl': 300}]))

with does('keep projects apart'):
    same([queue.name for queue in other.queues()[0]], [])
    same(bodies(other.queue('jobs').messages(echo=True)), [])
with does("tell a refusal in the server's words"):
    refused(errors.MalformedRequest, 'at least 60 seconds', lambda: jobs.post([{'body': 1, 'ttl': 5}]))
    refused(errors.ForbiddenError, 'not authorized', demo.health)
with does('manage pools'):
    pool = admin.pool('second', uri=os.environ['POOL_URI'], weight=10)
    same(admin.pool('second', auto_create=False).get()['weight'], 10)
    pool.update({'weight': 20})
    same([(found.name, found.weight) for found in admin.pools(limit=1).stream()], [('first', 100), ('second', 20)])
    refused(errors.ForbiddenError, 'not authorized', lambda: list(demo.pools()))
with does('manage flavors'):
    flavor = admin.flavor('fast', pool_list=['second'])
    same(admin.flavor('fast', auto_create=False).get()['pool_list'], ['second'])
    flavor.update({'pool_list': ['first', 'second']})
    same([(found.name, sorted(found.pool_list)) for found in admin.flavors().stream()], [('fast', ['first', 'second'])])
    flavor.delete()
    pool.delete()
    same([found.name for found in admin.pools()], ['first'])
with does('delete a queue'):
    for queue in demo.queues()[0]:
        queue.delete()
    same([queue.name for queue in demo.queues()[0]], [])
