"""Runs of training as their trackers tell of them. What they prove stands in the log, as evidence; these rows are a
copy of what is elsewhere, and say nothing by themselves."""

from __future__ import annotations

from django.db import models

from sextant_server.projects.models import Project


class Tracker(models.Model):
    """Where runs come from: an MLflow server, folders of Weights & Biases, Python. `fault` is why the last bringing
    over broke off; what was brought before that is whole."""

    KINDS = ("mlflow", "wandb", "python")

    project = models.ForeignKey(Project, models.CASCADE, related_name="trackers")
    kind = models.CharField(max_length=10, choices=[(k, k) for k in KINDS])
    place = models.CharField(max_length=300, blank=True, default="")
    synced_at = models.DateTimeField(null=True)
    fault = models.TextField(blank=True, default="")

    #: How many runs it has, where `queries.trackers` counted them.
    count: int = 0

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "kind", "place"], name="one_tracker")]

    @property
    def words(self) -> str:
        """How a person reads it."""
        names = {"mlflow": "MLflow", "wandb": "Weights & Biases", "python": "Python"}
        return f"{names.get(self.kind, self.kind)} {self.place}".strip()


class Experiment(models.Model):
    """A group of runs. `cursor` is up to where it has been brought over, in the tracker's own terms."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    tracker = models.ForeignKey(Tracker, models.CASCADE, related_name="experiments")
    outside = models.CharField(max_length=128)
    name = models.CharField(max_length=250)
    cursor = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tracker", "outside"], name="one_experiment")]


class TrainingRun(models.Model):
    """One run. `body` is all that its tracker said of it but the history of its metrics; `model` the version that it
    is, as model:name@version, where somebody said so."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="training_runs")
    tracker = models.ForeignKey(Tracker, models.CASCADE, related_name="runs")
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="runs")
    outside = models.CharField(max_length=128)
    name = models.CharField(max_length=1000, blank=True, default="")
    status = models.CharField(max_length=8)
    at = models.DateTimeField(null=True)
    model = models.CharField(max_length=200, blank=True, default="")
    deleted = models.BooleanField(default=False)
    digest = models.CharField(max_length=64)
    body = models.JSONField(default=dict)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tracker", "outside"], name="one_training_run")]
        indexes = [
            models.Index(fields=["project", "deleted", "-at", "-id"], name="training_run_newest"),
            models.Index(fields=["project", "model"], name="training_run_by_model"),
            models.Index(fields=["experiment", "status"], name="training_run_open"),
        ]


class MetricHistory(models.Model):
    """How one metric of a run went: its points as [step, seconds since 1970, value]."""

    run = models.ForeignKey(TrainingRun, models.CASCADE, related_name="histories")
    metric = models.CharField(max_length=250)
    points = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "metric"], name="one_history")]


class RegisteredVersion(models.Model):
    """A version of a model in a tracker's registry, with the names that point at it (`aliases`)."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    tracker = models.ForeignKey(Tracker, models.CASCADE, related_name="versions")
    name = models.CharField(max_length=250)
    version = models.CharField(max_length=64)
    run = models.CharField(max_length=128, blank=True, default="")
    aliases = models.JSONField(default=list)
    tags = models.JSONField(default=dict)
    created_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tracker", "name", "version"], name="one_registered_version")
        ]
