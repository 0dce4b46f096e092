"""The Slack of a company: with every channel, person and group that its lastcall.yaml names."""

from service.config.company import Company
from tests.slack_server import Channel, SlackServer


def slack_of(company: Company) -> SlackServer:
    slack = SlackServer(posts_a_second=None)
    invite(company, slack)
    return slack


def invite(company: Company, slack: SlackServer) -> None:
    """Those who are there stay."""
    names = {company.fallback_channel, company.operator_channel}
    for owner in (rule.owner for rule in company.owners):
        names |= {*owner.people, *owner.oncall, *owner.manager, *owner.director}
        names |= {name for name in (owner.channel, owner.incident) if name}
    known = {f"#{channel.name}" for channel in slack.channels} | slack.users.keys()
    known |= {f"usergroup:{handle}" for handle in slack.groups}
    for name in sorted(names - known):
        number = len(slack.channels) + len(slack.users) + len(slack.groups)
        if name.startswith("#"):
            slack.channels.append(Channel(f"C{number:08}", name.removeprefix("#")))
        elif name.startswith("usergroup:"):
            slack.groups[name.removeprefix("usergroup:")] = [f"U{number:08}"]
        else:
            slack.users[name] = f"U{number:08}"
