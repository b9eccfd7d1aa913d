"""Says what a client did, a JSON text a line, for tests/helpers/clients.ts.

    with does('create a queue'):
        client.queue('jobs', force_create=True)
"""
import contextlib
import importlib.metadata
import json
import traceback


def names(client, api):
    """Says which client at which version does what follows, over which version of the API."""
    _say(client=f'{client} {importlib.metadata.version(client)}, {api}')


@contextlib.contextmanager
def does(what):
    """One thing that a user wants done. If it fails that is said, and the script goes on."""
    try:
        yield
    except Exception:
        _say(what=what, did='failed', text=traceback.format_exc())
    else:
        _say(what=what, did='done')


@contextlib.contextmanager
def breaks(what, error, words):
    """One thing that the client gets wrong by itself, whatever the server does: it raises `error` with these words."""
    try:
        yield
    except error as raised:
        _say(what=what, did='broke' if words in str(raised) else 'failed', text=f'{error.__name__}: {raised}')
    except Exception:
        _say(what=what, did='failed', text=traceback.format_exc())
    else:
        _say(what=what, did='failed', text=f'no {error.__name__} was raised')


def same(found, wanted):
    if found != wanted:
        raise AssertionError(f'{found!r} is not {wanted!r}')


def refused(error, words, call):
    """The call raises, and what it raises has the server's words."""
    try:
        call()
    except error as raised:
        if words in str(raised):
            return
        raise AssertionError(f'{words!r} is not in {str(raised)!r}') from raised
    raise AssertionError(f'no {error.__name__} was raised')


def _say(**members):
    print(json.dumps(members), flush=True)
