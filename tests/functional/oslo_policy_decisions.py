"""What oslo.policy decides.

Standard input holds JSON: a list of [text of a policy file, credentials, names of rules], the credentials being a list of
objects. Standard output gets, for each, null if the file cannot be loaded, else the decisions by rule and credentials: true,
false, or the name of the exception that deciding ends in.
"""
import json
import logging
import sys

from oslo_config import cfg
from oslo_policy import policy


def decide(enforcer, rule, who):
    try:
        return bool(enforcer.enforce(rule, {}, dict(who)))
    except (Exception, RecursionError) as error:
        return type(error).__name__


def decisions(conf, text, credentials, names):
    try:
        rules = policy.Rules.load(text, 'default')
    except Exception:
        return None
    enforcer = policy.Enforcer(conf, use_conf=False)
    enforcer.set_rules(rules, use_conf=False)
    return [[decide(enforcer, name, who) for who in credentials] for name in names]


def main():
    logging.disable(logging.CRITICAL)
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[], default_config_dirs=[], prog='marconi')
    json.dump([decisions(conf, *case) for case in json.load(sys.stdin)], sys.stdout)


if __name__ == '__main__':
    main()
