"""What oslo.config reads from configuration files.

Standard input holds JSON: the options to register, [[group, name, type, default, arguments], ...], and the cases, each a
list of file contents, the weakest first. Standard output gets, for each case, null if a file is refused, else an object
that maps "group/name" to {"value": ...} or {"error": text}.
"""
import json
import logging
import os
import sys
import tempfile

from oslo_config import cfg

TYPES = {
    'string': cfg.StrOpt,
    'boolean': cfg.BoolOpt,
    'integer': cfg.IntOpt,
    'port': cfg.PortOpt,
    'list': cfg.ListOpt,
}


def register(conf, options):
    for group, name, kind, default, arguments in options:
        arguments = dict(arguments)
        old = [cfg.DeprecatedOpt(each[1], group=each[0]) for each in arguments.pop('deprecated', [])]
        option = TYPES[kind](name, default=default, deprecated_opts=old, **arguments)
        conf.register_opt(option, group=None if group == 'DEFAULT' else group)


def read(conf, group, name):
    try:
        value = conf[name] if group == 'DEFAULT' else conf[group][name]
    except (Exception, RecursionError) as error:
        return {'error': type(error).__name__}
    return {'value': value}


def values(options, contents, folder):
    paths = []
    for index, content in enumerate(contents):
        paths.append(os.path.join(folder, '%d.conf' % index))
        with open(paths[-1], 'w', encoding='utf-8', newline='') as file:
            file.write(content)
    conf = cfg.ConfigOpts()
    register(conf, options)
    try:
        conf([], default_config_files=paths, default_config_dirs=[], prog='marconi')
    except cfg.ConfigFileParseError:
        return None
    return {'%s/%s' % (group, name): read(conf, group, name) for group, name, *_ in options}


def main():
    logging.disable(logging.CRITICAL)
    request = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        json.dump([values(request['options'], case, folder) for case in request['cases']], sys.stdout)


if __name__ == '__main__':
    main()
