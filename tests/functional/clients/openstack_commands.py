"""`openstack messaging ...` of python-openstackclient with the commands of python-zaqarclient, many commands a process."""
import concurrent.futures
import contextlib
import io
import json
import multiprocessing
import os
import urllib.request

from openstackclient import shell

from report import does, names, same

os.environ.update(
    OS_IDENTITY_API_VERSION='3', OS_USER_DOMAIN_ID='default', OS_PROJECT_DOMAIN_ID='default', OS_MESSAGE_CLIENT_ID='3381af922b9e11e3b191718613007340')


def run(words):
    """Runs one command: its exit status, what it prints, and what it prints of errors."""
    printed, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(errors):
        return shell.main(words), printed.getvalue(), errors.getvalue()


def become(user, project):
    os.environ.update(OS_USERNAME=user, OS_PASSWORD=f'{user}pw', OS_PROJECT_NAME=project)


# A process a user: the client keeps the first one that it logs in.
FORK = multiprocessing.get_context('fork')
USERS = {
    user: concurrent.futures.ProcessPoolExecutor(1, mp_context=FORK, initializer=become, initargs=(user, project))
    for user, project in (('demo', 'demo'), ('alt_demo', 'alt_demo'), ('demo_admin', 'demo'))
}


def command(*words, user='demo', status=0):
    """Runs one command as a user, and gives what it prints."""
    found, printed, errors = USERS[user].submit(run, ['messaging', *words]).result()
    if found != status:
        raise AssertionError(f'{" ".join(words)}: exit status {found}, {errors}')
    return printed if status == 0 else errors


def rows(*words, user='demo'):
    return json.loads(command(*words, '-f', 'json', user=user))


def column(name, *words):
    return [row[name] for row in rows(*words)]


def must_say(text, words):
    if words not in text:
        raise AssertionError(f'{words!r} is not in {text!r}')


names('python-openstackclient', 'v2')

with does('ping'):
    same(rows('ping'), {'Pingable': True})
with does('read the home document'):
    same(json.loads(command('homedoc'))['resources']['rel/queue']['href-template'], '/v2/queues/{queue_name}')
with does('check the health'):
    same(json.loads(command('health', user='demo_admin'))['first']['storage_reachable'], True)

with does('create a queue'):
    same(rows('queue', 'create', 'jobs'), {'Name': 'jobs'})
    same(rows('queue', 'create', 'mail'), {'Name': 'mail'})
with does('list queues page by page'):
    same(column('Name', 'queue', 'list'), ['jobs', 'mail'])
    same(column('Name', 'queue', 'list', '--limit', '1', '--marker', 'jobs'), ['mail'])
with does('replace metadata'):
    command('queue', 'set', 'metadata', 'mail', '{"color": "red", "size": 3}')
    command('queue', 'set', 'metadata', 'mail', '{"color": "blue"}')
with does('read metadata'):
    metadata = rows('queue', 'get', 'metadata', 'mail')['Metadata']
    same(('size' in metadata, metadata['color'], metadata['_default_message_ttl']), (False, 'blue', 3600))
with does('list queues with their metadata'):
    detailed = rows('queue', 'list', '--detailed', '--with_count')
    same([(queue['Name'], queue['Href']) for queue in detailed], [(name, f'/v2/queues/{name}') for name in ('jobs', 'mail')])
    same(detailed[1]['Metadata_Dict']['color'], 'blue')

with does('post messages'):
    command('message', 'post', 'jobs', json.dumps([{'body': number, 'ttl': 300} for number in range(4)]))
with does('list messages page by page'):
    same(column('Body', 'message', 'list', 'jobs', '--echo', '--limit', '3'), [0, 1, 2])
    same(column('Body', 'message', 'list', 'jobs'), [])
ids = column('ID', 'message', 'list', 'jobs', '--echo')
with does('get several messages'):
    same(column('Body', 'message', 'list', 'jobs', '--message-ids', ','.join(ids[:2])), [0, 1])
with does('read statistics'):
    stats = rows('queue', 'stats', 'jobs')['Stats']['messages']
    same((stats['free'], stats['claimed'], stats['total']), (4, 0, 4))

with does('claim messages'):
    claimed = rows('claim', 'create', 'jobs', '--ttl', '300', '--grace', '60', '--limit', '2')
    # A message outlives its claim by the grace.
    same([(row['Messages'], row['TTL']) for row in claimed], [(0, 360), (1, 360)])
    same([row['Message_ID'] for row in claimed], ids[:2])
    same(rows('claim', 'create', 'mail'), [])
claim = claimed[0]['Claim_ID']
with does('query a claim'):
    same(column('Message', 'claim', 'query', 'jobs', claim), [0, 1])
with does('renew a claim'):
    same(column('Message', 'claim', 'renew', 'jobs', claim, '--ttl', '120', '--grace', '60'), [0, 1])
with does('release a claim'):
    command('claim', 'release', 'jobs', claim)
    same(column('ID', 'message', 'list', 'jobs', '--echo'), ids)

with does('sign a URL'):
    signed = rows('queue', 'signed', 'url', 'jobs', '--paths', 'messages', '--ttl-seconds', '60', '--methods', 'GET,POST')
    same((signed['Paths'], signed['Methods']), ('/v2/queues/jobs/messages', 'GET,POST'))
with does('work with a signed URL'):
    headers = {'Client-ID': os.environ['OS_MESSAGE_CLIENT_ID'], 'X-Project-Id': signed['Project ID'], **{f'URL-{name}': signed[name] for name in ('Paths', 'Methods', 'Expires', 'Signature')}}
    request = urllib.request.Request(f'{os.environ["MARCONI_URL"]}{signed["Paths"]}?echo=true', headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        same(len(json.load(answer)['messages']), 4)

with does('keep projects apart'):
    same(rows('queue', 'list', user='alt_demo'), [])
with does("tell a refusal in the server's words"):
    must_say(command('health', status=1), 'You are not authorized to complete this action.')
    must_say(command('message', 'post', 'jobs', '[{"body": 1, "ttl": 5}]', status=1), 'at least 60 seconds')
    must_say(command('claim', 'query', 'jobs', claim, status=1), f'Claim {claim} does not exist')
with does('purge a queue'):
    command('queue', 'purge', 'jobs', '--resource_types', 'messages')
    same(rows('message', 'list', 'jobs', '--echo'), [])

with does('manage pools'):
    same(rows('pool', 'create', 'second', os.environ['POOL_URI'], '10', user='demo_admin')['Weight'], 10)
    same(rows('pool', 'update', 'second', '--pool_weight', '20', user='demo_admin')['Weight'], 20)
    same(rows('pool', 'show', 'second', user='demo_admin')['Weight'], 20)
    same([row['Name'] for row in rows('pool', 'list', '--detailed', user='demo_admin')], ['first', 'second'])
with does('manage flavors'):
    same(rows('flavor', 'create', 'fast', '--pool_list', 'second', user='demo_admin')['Pool list'], ['second'])
    same(rows('flavor', 'update', 'fast', '--pool_list', 'first,second', user='demo_admin')['Pool_list'], ['first', 'second'])
    same(rows('flavor', 'show', 'fast', user='demo_admin')['Pool list'], ['first', 'second'])
    same([row['Name'] for row in rows('flavor', 'list', '--detailed', user='demo_admin')], ['fast'])
    command('flavor', 'delete', 'fast', user='demo_admin')
    command('pool', 'delete', 'second', user='demo_admin')
    same([row['Name'] for row in rows('pool', 'list', user='demo_admin')], ['first'])
with does('delete a queue'):
    command('queue', 'delete', 'jobs')
    command('queue', 'delete', 'mail')
    same(rows('queue', 'list'), [])
