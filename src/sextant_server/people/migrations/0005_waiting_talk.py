from typing import Any

from django.conf import settings
from django.db import migrations, models


def name_askers(apps: Any, schema_editor: Any) -> None:
    """The first record of each review says who asked."""
    Review, Record = apps.get_model("people", "Review"), apps.get_model("records", "Record")
    for review in Review.objects.filter(by_id="").iterator():
        said = Record.objects.filter(project=review.project_id, kind="review", body__contains=review.key)
        review.by_id = said.order_by("sequence").values_list("actor", flat=True).first() or ""
        review.save(update_fields=["by_id"])


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0004_talk"),
        ("projects", "0001_initial"),
        ("records", "0003_attachment"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="mention",
            name="read_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="review",
            name="by_id",
            field=models.CharField(blank=True, default="", max_length=120),
        ),
        migrations.RunPython(name_askers, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(fields=["by_id", "state", "due"], name="review_by_asker"),
        ),
    ]
