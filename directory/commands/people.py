"""Commands about people: user, key, subscribe."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, time
from typing import cast, get_args

import click

from directory.actions.erase import erase
from directory.actions.people import add_key, add_user, forget_passkeys, revoke_key, subscribe_person
from directory.actions.roles import set_editor, sign_out_everywhere, take_role
from directory.commands.shared import Day, Failure, as_json, counted, opened, print_json
from directory.domain.change import KINDS
from directory.domain.policy import OPERATOR, Role, Scope
from directory.domain.service import ReferralMethod
from directory.domain.subscription import FREQUENCIES, Facet, Frequency
from directory.store import people, roster

METHODS = get_args(ReferralMethod)


@click.group()
def user() -> None:
    """People and their roles."""


@user.command("add")
@click.argument("email")
@click.option("--name", default="", help="How they are called.")
@click.option("--team", help="The slug of their team.")
@click.option(
    "--role", type=click.Choice(get_args(Role)), help="Without it, a reader; whoever is here already keeps theirs."
)
def user_add(email: str, name: str, team: str | None, role: Role | None) -> None:
    """Add a person, or give them another role."""
    with opened() as site:
        added = add_user(site.database, email=email, name=name, team=team, role=role, at=site.now())
        click.echo(f"{added.email} is {'an editor' if added.editor else 'here'}" + _roles(added))


@user.command("forget-passkeys")
@click.argument("email")
def user_forget_passkeys(email: str) -> None:
    """Somebody lost the devices with their passkeys: let go of those, and sign them out everywhere."""
    with opened() as site:
        count = forget_passkeys(site.database, email=email, at=site.now())
        gone = counted(count, "passkey")
        click.echo(f"{email} has no passkeys any more ({gone} let go) and is signed out everywhere")


def _roles(person: people.Person) -> str:
    return "".join(f", {role} of {team}" for team, role in person.roles.items())


@user.command("erase")
@click.argument("email")
@as_json
def user_erase(email: str, json_: bool) -> None:
    """Erase a person: their name and address are nowhere afterwards; what they did stays, without them."""
    with opened() as site:
        done = erase(site.database, site.settings.mail_folder, email=email, at=site.now())
    if json_:
        print_json(asdict(done))
        return
    who = f"person {done.person_id} is erased" if done.person_id else "nobody here has this address"
    click.echo(f"{who}; {counted(done.rows, 'row')} and {counted(done.messages, 'message')} that spoke of them, too")
    for place in done.left:
        click.echo(f"published, and left as it is: {place}", err=True)
    if done.to_do:
        click.echo(f"left to do: {done.to_do}", err=True)


@user.command("take-role")
@click.argument("email")
@click.option("--team", help="The slug of the team that they leave.")
@click.option("--editor", is_flag=True, help="They are no editor any more.")
def user_take_role(email: str, team: str | None, editor: bool) -> None:
    """Take a role away from somebody."""
    if editor == bool(team):
        raise Failure("say which role: --team SLUG or --editor")
    with opened() as site, site.database.write() as connection:
        person = people.by_email(connection, email)
        if editor:
            set_editor(connection, person.id, editor=False, by=OPERATOR, at=site.now())
        else:
            take_role(connection, person.id, str(team), by=OPERATOR, at=site.now())
        left = people.by_email(connection, email)
    click.echo(f"{left.email} is {'an editor' if left.editor else 'here'}" + _roles(left))


@user.command("sign-out")
@click.argument("email")
def user_sign_out(email: str) -> None:
    """Sign somebody out everywhere."""
    with opened() as site, site.database.write() as connection:
        person = people.by_email(connection, email)
        count = sign_out_everywhere(connection, person.id, by=OPERATOR, at=site.now())
    click.echo(f"{email} is signed out everywhere ({counted(count, 'session')} ended)")


@user.command("list")
@click.option("--team", help="Only those of the team with this slug.")
@as_json
def user_list(team: str | None, json_: bool) -> None:
    """Everybody, with their roles."""
    with opened() as site, site.database.read() as connection:
        found = roster.listed(connection, of=None if team is None else {team})
    if json_:
        print_json([{"email": one.email, "name": one.name, "editor": one.editor, "roles": one.roles} for one in found])
        return
    for one in found:
        click.echo(f"{one.email} {one.name}{' (editor)' if one.editor else ''}{_roles(one)}")


@click.group()
def key() -> None:
    """API keys."""


@key.command("add")
@click.option("--owner", required=True, metavar="EMAIL", help="Whose rights the key has.")
@click.option("--scope", type=click.Choice(get_args(Scope)), required=True)
@click.option("--expires", type=Day(), help="The last day on which it works.")
@as_json
def key_add(owner: str, scope: Scope, expires: date | None, json_: bool) -> None:
    """Make a key. It is shown this once."""
    with opened() as site:
        until = datetime.combine(expires, time.max, tzinfo=site.settings.zone) if expires else None
        made = add_key(site.database, owner=owner, scope=scope, expires_at=until, at=site.now())
    if json_:
        print_json({"id": made.id, "key": made.secret})
    else:
        click.echo(f"{made.id}\n{made.secret}")


@key.command("list")
@as_json
def key_list(json_: bool) -> None:
    """Every key, without its secret."""
    with opened() as site, site.database.read() as connection:
        found = people.list_keys(connection)
    rows = [
        {
            "id": one.id,
            "owner": one.owner,
            "scope": one.scope,
            "created_at": one.created_at,
            "expires_at": one.expires_at,
            "revoked_at": one.revoked_at,
        }
        for one in found
    ]
    if json_:
        print_json(rows)
        return
    for row in rows:
        state = f"revoked {row['revoked_at']}" if row["revoked_at"] else f"expires {row['expires_at'] or 'never'}"
        click.echo(f"{row['id']} {row['owner']} {row['scope']} {state}")


@key.command("revoke")
@click.argument("key_id", metavar="ID")
def key_revoke(key_id: str) -> None:
    """End a key at once."""
    with opened() as site:
        if not revoke_key(site.database, key_id, at=site.now()):
            raise Failure(f"there is no key {key_id} in force; `signpost key list` shows them")
        click.echo(f"{key_id} is revoked")


@click.command()
@click.argument("email")
@click.option("--service", "services", multiple=True, help="Slug or id of a service.")
@click.option("--team", "teams", multiple=True, help="Slug of the team that runs it.")
@click.option("--area", "areas", multiple=True, help="Name of an area.")
@click.option("--need", "needs", multiple=True, help="What a patient needs.")
@click.option("--owner", "owners", multiple=True, help="Slug or ODS code of the organisation that runs it.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Only changes of this kind.")
@click.option(
    "--route", "routes", multiple=True, type=click.Choice(METHODS), help="Only services that take referrals so."
)
@click.option("--page", "pages", multiple=True, help="Slug of a knowledge page; it goes with no other option.")
@click.option("--every", type=click.Choice(FREQUENCIES), default="daily", show_default=True)
def subscribe(
    email: str,
    services: tuple[str, ...],
    teams: tuple[str, ...],
    areas: tuple[str, ...],
    needs: tuple[str, ...],
    owners: tuple[str, ...],
    kinds: tuple[str, ...],
    routes: tuple[str, ...],
    pages: tuple[str, ...],
    every: str,
) -> None:
    """Tell somebody of changes, or of a page. Different options narrow; the same option again widens."""
    given = {"service": services, "team": teams, "area": areas, "need": needs, "owner": owners, "kind": kinds}
    given |= {"route": routes, "page": pages}
    criteria = {cast("Facet", facet): values for facet, values in given.items() if values}
    with opened() as site:
        made = subscribe_person(
            site.database,
            email=email,
            criteria=criteria,
            frequency=cast("Frequency", every),
            at=site.now(),
            today=site.today(),
        )
        click.echo(f"{email} hears {every} of {made}")
