"""python-zaqarclient 3.0.1, the last release that speaks v1 and v1.1, through Keystone: `zaqarclient_old.py 1` or `zaqarclient_old.py 1.1`."""
import os
import sys

from zaqarclient.queues import client as clients
from zaqarclient.transport import errors

from report import does, names, refused, same

VERSION = float(sys.argv[1])
# Both are run at one server.
PREFIX = 'old' if VERSION == 1 else 'newer'
POOL = f'{PREFIX}-pool'


def connect(user, project):
    options = {
        'os_auth_url': os.environ['OS_AUTH_URL'], 'os_username': user, 'os_password': f'{user}pw', 'os_project_name': project,
        'os_user_domain_id': 'default', 'os_project_domain_id': 'default', 'os_region_name': 'RegionOne',
        'os_service_type': 'messaging', 'insecure': '', 'os_auth_token': '', 'os_project_id': '',
    }
    conf = {'auth_opts': {'backend': 'keystone', 'options': options}}
    return clients.Client(None, version=1 if VERSION == 1 else VERSION, conf=conf)


def bodies(messages):
    return [message.body for message in messages]


def queue(name):
    return demo.queue(f'{PREFIX}-{name}', force_create=True)


def listed(**params):
    return [found.name for found in demo.queues(**params).stream() if found.name.startswith(PREFIX)]


names('python-zaqarclient', f'v{sys.argv[1]}')
demo = connect('demo', 'demo')
other = connect('alt_demo', 'alt_demo')
admin = connect('demo_admin', 'demo')

with does('check the health'):
    # Over v1.1 it asks for the detailed health, which is for administrators, and takes whatever is not a 503 for good.
    same(admin.health(), True)
with does('create a queue'):
    jobs, mail = queue('jobs'), queue('mail')
if VERSION == 1:
    with does('say whether a queue exists'):
        same(jobs.exists(), True)
        missing = demo.queue(f'{PREFIX}-missing', auto_create=False)
        same(missing.exists(), False)
with does('list queues page by page'):
    same(listed(limit=1), [f'{PREFIX}-jobs', f'{PREFIX}-mail'])
if VERSION == 1:
    with does('replace metadata'):
        mail.metadata({'color': 'red', 'size': 3})
        mail.metadata({'color': 'blue'})
    with does('read metadata'):
        same(mail.metadata(force_reload=True), {'color': 'blue'})
else:
    with does('read metadata'):
        same(mail.metadata(force_reload=True), {})

with does('post messages'):
    posted = jobs.post([{'body': number, 'ttl': 300} for number in range(5)])['resources']
    jobs.post({'body': {'no': 5}, 'ttl': 300})
    same(len(posted), 5)
with does('list messages page by page'):
    same(bodies(jobs.messages(limit=2, echo=True).stream()), [0, 1, 2, 3, 4, {'no': 5}])
    same(bodies(jobs.messages()), [])
ids = [href.split('/')[-1] for href in posted]
with does('get a message'):
    message = jobs.message(ids[0])
    same((message.body, message.ttl), (0, 300))
with does('get several messages'):
    same(bodies(jobs.messages(*ids[1:3])), [1, 2])
with does('read statistics'):
    stats = jobs.stats['messages']
    same({key: stats[key] for key in ('free', 'claimed', 'total')}, {'free': 6, 'claimed': 0, 'total': 6})
with does('delete a message'):
    jobs.message(ids[0]).delete()
    refused(errors.ResourceNotFound, '', lambda: jobs.message(ids[0]))
with does('delete several messages'):
    jobs.delete_messages(*ids[1:3])
    same(bodies(jobs.messages(echo=True)), [3, 4, {'no': 5}])

with does('claim messages'):
    claim = jobs.claim(ttl=300, grace=60, limit=2)
    claimed = list(claim)
    same(bodies(claimed), [3, 4])
    same([message.claim_id for message in claimed], [claim.id] * 2)
    same(bodies(mail.claim(ttl=300, grace=60, limit=1)), [])
with does('query a claim'):
    same(bodies(jobs.claim(id=claim.id)), [3, 4])
with does('renew a claim'):
    claim.update(ttl=500, grace=70) if VERSION > 1 else claim.update(ttl=500)
    same(jobs.claim(id=claim.id).ttl, 500)
with does('delete a claimed message'):
    claimed[0].delete()
    same(bodies(jobs.claim(id=claim.id)), [4])
with does('release a claim'):
    claim.delete()
    same(bodies(jobs.messages(echo=True)), [4, {'no': 5}])
if VERSION > 1:
    with does('pop messages'):
        same(bodies(jobs.pop(1)), [4])
        same(bodies(jobs.pop(5)), [{'no': 5}])
        same(bodies(jobs.pop()), [])

with does('keep projects apart'):
    same([found.name for found in other.queues() if found.name.startswith(PREFIX)], [])
with does("tell a refusal in the server's words"):
    refused(errors.MalformedRequest, 'at least 60 seconds', lambda: jobs.post([{'body': 1, 'ttl': 5}]))
    refused(errors.ForbiddenError, 'not authorized', lambda: demo.pools())
with does('manage pools'):
    pool = admin.pool(POOL, uri=os.environ['POOL_URI'], weight=10)
    same(admin.pool(POOL, auto_create=False).get()['weight'], 10)
    pool.update({'weight': 20})
    # Its stream() would never end over v1, where a page without pools has a link to the next one as well.
    same([(found.name, found.weight) for found in admin.pools()], [('first', 100), (POOL, 20)])
    same([found.name for found in admin.pools(limit=1, marker='first')], [POOL])
    if VERSION == 1:
        pool.delete()
        same([found.name for found in admin.pools()], ['first'])
if VERSION > 1:
    with does('manage flavors'):
        flavor = admin.flavor('fast', pool_list=[POOL])
        same(admin.flavor('fast', auto_create=False).get()['name'], 'fast')
        flavor.update({'pool_list': [POOL], 'capabilities': {}})
        same([found.name for found in admin.flavors().stream()], ['fast'])
        flavor.delete()
        pool.delete()
        same([found.name for found in admin.pools().stream()], ['first'])
with does('delete a queue'):
    jobs.delete()
    mail.delete()
    same(listed(), [])
