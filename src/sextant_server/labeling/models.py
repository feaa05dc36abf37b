"""A round of labeling: its settings, its items, who labels, and every answer.

The log says what was decided about a round (its settings, its state, who was paused, an expert's rulings) and what was
measured of it. The answers themselves are rows here, many and quick to write; evidence names them by their digest. A
rater's name, address and notes stand here alone, and can be erased.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from sextant_server.projects.models import Project
from sextant_server.records.models import Said


class Round(Said):
    """One round: items that several people label by one guideline.

    `labelers` an item get it at first, one more each time while the answers do not settle it, up to `most`. It is
    settled when the most frequent answer has at least the share `settled`. `gold_share` of what is dealt has a known
    answer; who is right on less than `gold_bar` of at least `gold_least` such items is paused. `rate` is paid per label
    or per hour (`paid_by`); `budget` ends the dealing. `items_digest` is of all items, set when the round first opens.
    `prelabels` says whether labelers see what a model answered: "shown", "hidden", or "random" by item; empty where there
    is none.
    """

    key = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    guideline = models.CharField(max_length=80)
    answer = models.CharField(max_length=8)
    purpose = models.CharField(max_length=12, default="labels")
    state = models.CharField(max_length=8, default="draft")
    labelers = models.PositiveSmallIntegerField(default=3)
    most = models.PositiveSmallIntegerField(default=5)
    settled = models.FloatField(default=0.7)
    gold_share = models.FloatField(default=0.08)
    gold_bar = models.FloatField(default=0.7)
    gold_least = models.PositiveSmallIntegerField(default=10)
    paid_by = models.CharField(max_length=8, default="label")
    rate = models.FloatField(null=True)
    budget = models.FloatField(null=True)
    lease_minutes = models.PositiveSmallIntegerField(default=30)
    source = models.CharField(max_length=200, blank=True, default="")
    items_digest = models.CharField(max_length=64, blank=True, default="")
    prelabels = models.CharField(max_length=8, blank=True, default="")
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(auto_now_add=True)

    SAID = (
        "key", "name", "guideline", "answer", "purpose", "state", "labelers", "most", "settled", "gold_share", "gold_bar",
        "gold_least", "paid_by", "rate", "budget", "lease_minutes", "source", "items_digest",
    )  # fmt: skip

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="one_round_a_key")]

    def as_recorded(self) -> dict[str, Any]:
        # Rounds that were recorded before there were pre-labels say nothing of them.
        more = {"prelabels": self.prelabels} if self.prelabels else {}
        return {name: getattr(self, name) for name in self.SAID} | more


class Picture(models.Model):
    """An image that items show, kept once for each project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    type = models.CharField(max_length=20)
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "digest"], name="one_picture")]


class Item(models.Model):
    """Something to label. `content` is {"kind": "text", "text": ...}, {"kind": "image", "digest": ..., "caption": ...},
    {"kind": "row", "cells": [[name, value], ...]} or {"kind": "pair", "prompt": ..., "a": ..., "b": ...}.

    `gold` is the known answer of an item by which raters are judged, dealt to everybody. Of any other, `room` says how
    many more raters may get it now, `given` how many labels count, `wanted` how many it is to get. Items are dealt by
    `rank`: at first a drawn number below one; an item that gets one more rater has a rank from one on, the most
    disputed first.

    `prelabel` is what a model answered, `chances` how likely it holds each value, `shows` whether labelers see the
    pre-label. `noisy` is what rules say of it, `{"label": ..., "sure": ...}`: no label of a person, and counted nowhere.
    """

    round = models.ForeignKey(Round, models.CASCADE, related_name="items")
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=200)
    content = models.JSONField()
    gold = models.JSONField(null=True)
    is_gold = models.BooleanField(default=False)
    rank = models.FloatField()
    room = models.PositiveSmallIntegerField(default=0)
    given = models.PositiveSmallIntegerField(default=0)
    wanted = models.PositiveSmallIntegerField(default=0)
    skips = models.PositiveSmallIntegerField(default=0)
    disputed = models.FloatField(null=True)
    state = models.CharField(max_length=8, default="open")
    prelabel = models.JSONField(null=True)
    chances = models.JSONField(null=True)
    shows = models.BooleanField(default=False)
    noisy = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "number"], name="one_item_a_number"),
            models.UniqueConstraint(fields=["round", "key"], name="one_item_a_key"),
        ]
        indexes = [
            models.Index(fields=["round", "rank"], condition=Q(room__gt=0), name="item_to_deal"),
            models.Index(fields=["round", "rank"], condition=Q(is_gold=True), name="item_of_gold"),
            models.Index(fields=["round", "state", "-disputed"], name="item_by_state"),
        ]


class Rater(models.Model):
    """Somebody who labels in a round: by an account (`user`) or by a link, of which only the SHA-256 is kept.

    `name` and `email` can be erased; everywhere else they are `number`. `outside` says who they are in another tool, as its
    address and their number there; empty for who labels here alone. `dealt` counts what they were given, for the
    share of gold; `given` the answers they gave, `seconds` how long those took together.
    """

    round = models.ForeignKey(Round, models.CASCADE, related_name="raters")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200, blank=True, default="")
    email = models.CharField(max_length=254, blank=True, default="")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    hashed = models.CharField(max_length=64, null=True, unique=True)
    outside = models.CharField(max_length=300, blank=True, default="")
    state = models.CharField(max_length=8, default="active")
    why = models.CharField(max_length=300, blank=True, default="")
    ready = models.BooleanField(default=False)
    dealt = models.PositiveIntegerField(default=0)
    given = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    gold_seen = models.PositiveIntegerField(default=0)
    gold_right = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    joined_at = models.DateTimeField(auto_now_add=True)
    last_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "number"], name="one_rater_a_number"),
            models.UniqueConstraint(
                fields=["round", "user"], condition=Q(user__isnull=False), name="one_rater_a_user"
            ),
            models.UniqueConstraint(
                fields=["round", "outside"], condition=~Q(outside=""), name="one_rater_an_outsider"
            ),
        ]

    @property
    def called(self) -> str:
        """How a person reads the rater, also once the name is erased."""
        return self.name or f"Labeler {self.number}"

    @property
    def pace(self) -> str:
        """Seconds for an answer, as a person reads them."""
        return f"{self.seconds / self.given:,.0f} s" if self.given else ""


class Dealt(models.Model):
    """An item given to a rater, and what they answered. `state`: out (they have it, until `until`), labeled, skipped or
    expired. A label that is `void` counts no more; `why_void` says why: its rater was "paused", it is "stale" because the
    meaning changed, or it was "deleted" in the tool that it came from. `guideline` is the version of the guideline's document
    that they worked by."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="+")
    item = models.ForeignKey(Item, models.CASCADE, related_name="dealt")
    rater = models.ForeignKey(Rater, models.CASCADE, related_name="deals")
    state = models.CharField(max_length=8, default="out")
    until = models.DateTimeField()
    dealt_at = models.DateTimeField()
    answer = models.JSONField(null=True)
    note = models.TextField(blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)
    guideline = models.PositiveIntegerField(default=0)
    revised = models.PositiveSmallIntegerField(default=0)
    void = models.BooleanField(default=False)
    why_void = models.CharField(max_length=8, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "rater"], name="one_deal_a_rater")]
        indexes = [
            models.Index(fields=["round", "until"], condition=Q(state="out"), name="deal_that_ends"),
            models.Index(fields=["rater", "state", "-at"], name="deal_by_rater"),
            models.Index(fields=["round", "state", "id"], name="deal_by_round"),
        ]


class Ruling(Said):
    """An expert's word on an item that labelers do not settle. The log keeps the answer's digest: it may be text."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="rulings")
    item = models.OneToOneField(Item, models.CASCADE, related_name="ruling")
    answer = models.JSONField()
    why = models.TextField(blank=True, default="")
    by = models.CharField(max_length=200)
    at = models.DateTimeField()

    def as_recorded(self) -> dict[str, Any]:
        from sextant.canonical import canonical
        from sextant.chain import body_digest

        return {
            "round": self.round.key, "item": self.item.number, "answer": body_digest(canonical(self.answer)),
            "why": body_digest(self.why),
        }  # fmt: skip


class Rules(Said):
    """The rules by which a round's items get noisy labels: a list as `sextant.data.label_rules.read_rules` takes it. The log
    keeps its digest: a rule's words may be somebody's name."""

    round = models.OneToOneField(Round, models.CASCADE, related_name="ruleset")
    rules = models.JSONField(default=list)

    def as_recorded(self) -> dict[str, Any]:
        from sextant.canonical import canonical
        from sextant.chain import body_digest

        return {"round": self.round.key, "rules": body_digest(canonical(self.rules))}


# --- rounds that are labeled in another tool too


class Link(Said):
    """A round's project in another tool: `number` there, at `address`. One that is `ended` was replaced by another.

    `guideline` is the version of the guideline's document that labelers see there, `since` when each of them was brought
    there: [[time, version], ...]. No token is kept here or anywhere.
    """

    round = models.ForeignKey(Round, models.CASCADE, related_name="links")
    tool = models.CharField(max_length=20)
    address = models.CharField(max_length=300)
    number = models.PositiveBigIntegerField()
    guideline = models.PositiveIntegerField()
    ended = models.BooleanField(default=False)
    since = models.JSONField(default=list)
    pushed_at = models.DateTimeField(null=True)
    pulled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["round", "tool"], condition=Q(ended=False), name="one_link_a_tool"
            ),
            models.UniqueConstraint(fields=["round", "tool", "address", "number"], name="one_link_a_project"),
        ]

    def as_recorded(self) -> dict[str, Any]:
        said = ("tool", "address", "number", "guideline", "ended")
        return {"round": self.round.key, **{name: getattr(self, name) for name in said}}


class LinkedTask(models.Model):
    """An item as a task there."""

    link = models.ForeignKey(Link, models.CASCADE, related_name="tasks")
    item = models.ForeignKey(Item, models.CASCADE, related_name="+")
    number = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "item"], name="one_task_an_item"),
            models.UniqueConstraint(fields=["link", "number"], name="one_task_a_number"),
        ]


class LinkedAnnotation(models.Model):
    """An annotation that was met there, by its number, so that it comes in once. `changed` is when it was last changed
    there, `said` the digest of what it said.

    `state` says what became of it: label, skip, truth (a known answer), second (its labeler's second of the item, which
    does not count), refused (`why` says why) or deleted.
    """

    link = models.ForeignKey(Link, models.CASCADE, related_name="annotations")
    number = models.PositiveBigIntegerField()
    item = models.ForeignKey(Item, models.CASCADE, null=True, related_name="+")
    deal = models.ForeignKey(Dealt, models.SET_NULL, null=True, related_name="annotations")
    who = models.PositiveBigIntegerField()
    state = models.CharField(max_length=8)
    why = models.CharField(max_length=300, blank=True, default="")
    changed = models.DateTimeField()
    said = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "number"], name="one_annotation_a_number")]
        indexes = [models.Index(fields=["link", "state", "number"], name="annotation_by_state")]
