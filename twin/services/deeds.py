"""The single deeds of an editor: each is one call of a service, and knows what undoes it."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar
from uuid import UUID

from twin.errors import EditOvertaken, SpaceGone, invalid_field
from twin.fittings import find_fitting
from twin.models import Site, Space, View
from twin.services.space_creation import create_space
from twin.services.spaces import change_space, delete_space
from twin.services.trees import children_of
from twin.services.views import add_members, remove_member


@dataclass(frozen=True, slots=True)
class Done:
    """What a deed did: what undoes it, the node it was about, whose children are others now.

    ``held`` are the spaces in which other things stand now.
    """

    inverse: "Deed"
    node: UUID
    parents: frozenset[UUID | None] = frozenset()
    held: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that an editor does to a site.

    ``permission`` is what staff must be allowed; a deed upon a thing of a higher app asks there.
    """

    name: ClassVar[str]
    permission: ClassVar[str] = "twin.change_space"

    @property
    def touched(self) -> set[UUID]:
        """Return the nodes that nobody else may have changed meanwhile."""
        return {value for value in (getattr(self, "space", None),) if value}

    def do(self, site: Site) -> Done:
        """Do it, under the site's lock."""
        raise NotImplementedError

    def needed(self) -> str:
        """Return the permission that this very deed needs."""
        return self.permission

    def as_json(self) -> dict[str, Any]:
        """Return the deed as an editor sends it."""
        return {"deed": self.name, **{key: _plain(value) for key, value in asdict(self).items()}}


@dataclass(frozen=True, slots=True)
class Rename(Deed):
    """Give a space another name."""

    name: ClassVar[str] = "rename"
    space: UUID
    to: str

    def do(self, site: Site) -> Done:
        """Rename it."""
        space = space_of(site, self.space)
        change_space(space, name=self.to)
        return Done(Rename(self.space, space.name), self.space, frozenset({space.parent_id}))


@dataclass(frozen=True, slots=True)
class Describe(Deed):
    """Set the properties of a space."""

    name: ClassVar[str] = "describe"
    space: UUID
    properties: dict[str, Any]

    def do(self, site: Site) -> Done:
        """Set them."""
        space = space_of(site, self.space)
        change_space(space, properties=self.properties)
        return Done(Describe(self.space, space.properties), self.space)


@dataclass(frozen=True, slots=True)
class Move(Deed):
    """Hang a space with all below it into another one, before one of its children or last."""

    name: ClassVar[str] = "move"
    space: UUID
    parent: UUID | None
    before: UUID | None = None

    def do(self, site: Site) -> Done:
        """Move it."""
        space = space_of(site, self.space)
        back = Move(self.space, space.parent_id, _next(space))
        parent = space_of(site, self.parent) if self.parent else None
        position = _position(site, self.parent, before=self.before, moved=self.space)
        change_space(space, parent=parent, position=position)
        return Done(back, self.space, frozenset({space.parent_id, self.parent}))


@dataclass(frozen=True, slots=True)
class Add(Deed):
    """Make a space."""

    name: ClassVar[str] = "add"
    permission: ClassVar[str] = "twin.add_space"
    kind: str
    called: str
    parent: UUID | None
    before: UUID | None = None

    def do(self, site: Site) -> Done:
        """Make it."""
        parent = space_of(site, self.parent) if self.parent else None
        position = _position(site, self.parent, before=self.before)
        space = create_space(
            site=site, kind=self.kind, name=self.called, parent=parent, position=position
        )
        return Done(Discard(space.pk), space.pk, frozenset({self.parent}))


@dataclass(frozen=True, slots=True)
class Discard(Deed):
    """Delete a space with nothing in it; one that holds something goes by a plan."""

    name: ClassVar[str] = "discard"
    permission: ClassVar[str] = "twin.delete_space"
    space: UUID

    def do(self, site: Site) -> Done:
        """Delete it."""
        space = space_of(site, self.space)
        if children_of(space.pk, site=site.pk):
            raise invalid_field("space", "not-empty", f"There is something in {space.name} now.")
        again = Add(space.kind, space.name, space.parent_id, _next(space))
        delete_space(space)
        return Done(again, self.space, frozenset({space.parent_id}))


@dataclass(frozen=True, slots=True)
class Put(Deed):
    """Put a device or gateway into a space, into the site alone, or (``off``) nowhere."""

    name: ClassVar[str] = "put"
    thing: UUID
    space: UUID | None
    off: bool = False

    @property
    def touched(self) -> set[UUID]:
        """Return the thing: where it goes may be changed by others."""
        return {self.thing}

    def needed(self) -> str:
        """Return what the app asks that has the thing."""
        found = find_fitting(self.thing)
        return found[0].permissions[found[1].sort] if found else self.permission

    def do(self, site: Site) -> Done:
        """Put it there."""
        found = find_fitting(self.thing)
        if found is None or found[1].site not in {None, site.pk}:
            raise invalid_field("thing", "elsewhere", "There is no such device to put here.")
        fitter, was = found
        space = space_of(site, self.space) if self.space else None
        fitter.place(self.thing, site=None if self.off else site, space=space)
        back = Put(self.thing, was.space, off=was.site is None)
        held = {key for key in (was.space, self.space) if key}
        return Done(back, self.thing, held=frozenset(held))


@dataclass(frozen=True, slots=True)
class Join(Deed):
    """Put a space or device into a view."""

    name: ClassVar[str] = "join"
    permission: ClassVar[str] = "twin.change_view"
    view: UUID
    node: UUID

    def do(self, site: Site) -> Done:
        """Put it in."""
        add_members(_view_of(site, self.view), nodes=[self.node], principal=None)
        return Done(Leave(self.view, self.node), self.node)


@dataclass(frozen=True, slots=True)
class Leave(Join):
    """Take a space or device out of a view that it was put into."""

    name: ClassVar[str] = "leave"

    def do(self, site: Site) -> Done:
        """Take it out."""
        remove_member(_view_of(site, self.view), node=self.node)
        return Done(Join(self.view, self.node), self.node)


DEEDS: dict[str, type[Deed]] = {
    one.name: one for one in (Rename, Describe, Move, Add, Discard, Put, Join, Leave)
}


def space_of(site: Site, key: UUID) -> Space:
    """Return a space of the site. Raises: SpaceGone."""
    found = Space.objects.filter(site=site, pk=key).first()
    if found is None:
        raise SpaceGone()
    return found


def _view_of(site: Site, key: UUID) -> View:
    found = View.objects.filter(site=site, pk=key).first()
    if found is None:
        raise invalid_field("view", "unknown-view", "There is no such view any more.")
    return found


def _next(space: Space) -> UUID | None:
    """Return the sibling behind a space."""
    siblings = children_of(space.parent_id, site=space.site_id)
    after = siblings[siblings.index(space.pk) + 1 :]
    return after[0] if after else None


def _position(
    site: Site, parent: UUID | None, *, before: UUID | None, moved: UUID | None = None
) -> int | None:
    """Return the position before a child of the parent; None for the last.

    Raises: EditOvertaken, if that child stands elsewhere now.
    """
    if before is None:
        return None
    children = [key for key in children_of(parent, site=site.pk) if key != moved]
    if before not in children:
        raise EditOvertaken(["The space beside it was moved or deleted."])
    return children.index(before)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value
